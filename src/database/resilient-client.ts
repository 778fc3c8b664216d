import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Client, ClientConfig, type Pool, type PoolClient } from 'pg';
import { READ_ONLY } from './database-errors';
import { nameOfPrepared } from './prepared';

/** Emitted by a session that was asked to write and may not. */
const READ_ONLY_EVENT = 'readOnly';

/** How a query is asked of `pg`: its text or a description of it, and what belongs to it. */
type Query = (query: unknown, ...rest: unknown[]) => unknown;

/**
 * A connection whose end is an error for whoever waits for an answer on it, and to nobody else. An `error` event without a
 * listener would end the process, and between the pool and the one who is given a connection there is a moment without
 * one: a Postgres that is killed finds it.
 *
 * It keeps the statements that are `prepared`, says when it turned out to be read-only, and ends when a statement has no answer for
 * longer than the server lets it take: a server that is gone without a word ends nothing, and the kernel sends again for a
 * quarter of an hour.
 */
export class ResilientClient extends Client {
  /** Milliseconds; 0 is for ever. */
  answerWithinMs: number;

  constructor(config?: ClientConfig & { answerWithinMs?: number }) {
    super(config);
    this.answerWithinMs = config?.answerWithinMs ?? 0;
    this.on('error', () => undefined);
    const query = this.query.bind(this) as Query;
    const asked: Query = (text, ...rest) => {
      const name = typeof text === 'string' ? nameOfPrepared(text) : undefined;
      const answer = query(name === undefined ? text : { name, text }, ...rest);
      if (answer instanceof Promise) this.follow(answer);
      return answer;
    };
    this.query = asked as Client['query'];
  }

  /** Ends it without a word to the server: whoever waits for an answer learns so, and the pool takes it out. */
  breakOff(): void {
    (this as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
  }

  private follow(answer: Promise<unknown>): void {
    const silent = this.answerWithinMs > 0 && setTimeout(() => this.breakOff(), this.answerWithinMs);
    answer
      .catch((error: unknown) => {
        if ((error as { code?: unknown }).code === READ_ONLY) this.emit(READ_ONLY_EVENT);
      })
      .finally(() => silent && clearTimeout(silent));
  }
}

/**
 * Sees to it that a pool outlives a change of its primary. A session that answers "read-only" stays with the server that
 * was demoted, or with the setting that it began with, for as long as it is open; so do those that were opened before it.
 * All of them go: the idle ones at once, those in use when they come back. What is opened then finds the new primary.
 *
 * @param pool of `ResilientClient`s, all of them idle
 */
export function dropReadOnlySessions(pool: Pool): void {
  /** By session, after how many changes it was opened. */
  const openedAfter = new WeakMap<PoolClient, number>();
  const idle = new Set<PoolClient>();
  let changes = 0;

  const isOld = (client: PoolClient): boolean => (openedAfter.get(client) ?? 0) < changes;
  // `pg` and its pool take a session that emitted an error out of the pool.
  const drop = (client: PoolClient): boolean => client.emit('error', new Error('The session is read-only.'));

  pool.on('acquire', (client) => {
    idle.delete(client);
    // Not at `connect`: the pool has sessions already.
    if (openedAfter.has(client)) return;
    openedAfter.set(client, changes);
    (client as EventEmitter).on(READ_ONLY_EVENT, () => {
      if (isOld(client)) return;
      changes += 1;
      for (const other of [...idle]) if (isOld(other)) drop(other);
    });
  });
  pool.on('remove', (client) => idle.delete(client));
  pool.on('release', (_error, client) => {
    // The pool gives a session that is ending to nobody.
    if (isOld(client)) void (client as unknown as Client).end();
    else idle.add(client);
  });
}
