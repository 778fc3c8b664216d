import { Client, ClientConfig } from 'pg';
import { READ_ONLY } from './database-errors';
import { nameOfPrepared } from './prepared';

/** Emitted by a session that was asked to write and may not. */
export const READ_ONLY_EVENT = 'readOnly';

/** How a query is asked of `pg`: its text or a description of it, and what belongs to it. */
type Query = (query: unknown, ...rest: unknown[]) => unknown;

/**
 * A connection whose end is told to whoever waits for an answer on it, and to nobody else. An `error` event without a
 * listener would end the process, and between the pool and the one who is given a connection there is a moment without
 * one: a Postgres that is killed finds it.
 *
 * It keeps the statements that are `prepared`, and says when it turned out to be read-only.
 */
export class ResilientClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
    const query = this.query.bind(this) as Query;
    const asked: Query = (text, ...rest) => {
      const name = typeof text === 'string' ? nameOfPrepared(text) : undefined;
      const answer = query(name === undefined ? text : { name, text }, ...rest);
      if (answer instanceof Promise)
        answer.catch((error: unknown) => {
          if ((error as { code?: unknown }).code === READ_ONLY) this.emit(READ_ONLY_EVENT);
        });
      return answer;
    };
    this.query = asked as Client['query'];
  }
}
