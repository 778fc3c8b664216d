import { Client, ClientConfig } from 'pg';
import { nameOfPrepared } from './prepared';

/** How a query is asked of `pg`: its text or a description of it, and what belongs to it. */
type Query = (query: unknown, ...rest: unknown[]) => unknown;

/**
 * A connection whose end is told to whoever waits for an answer on it, and to nobody else. An `error` event without a
 * listener would end the process, and between the pool and the one who is given a connection there is a moment without
 * one: a Postgres that is killed finds it.
 *
 * It keeps the statements that are `prepared`.
 */
export class ResilientClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
    const query = this.query.bind(this) as Query;
    const asked: Query = (text, ...rest) => {
      const name = typeof text === 'string' ? nameOfPrepared(text) : undefined;
      return query(name === undefined ? text : { name, text }, ...rest);
    };
    this.query = asked as Client['query'];
  }
}
