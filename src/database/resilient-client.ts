import { Client, ClientConfig } from 'pg';

/**
 * A connection whose end is told to whoever waits for an answer on it, and to nobody else. An `error` event without a
 * listener would end the process, and between the pool and the one who is given a connection there is a moment without
 * one: a Postgres that is killed finds it.
 */
export class ResilientClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
