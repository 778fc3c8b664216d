import type { EventEmitter } from 'node:events';
import type { Client, Pool, PoolClient } from 'pg';
import { READ_ONLY_EVENT } from './resilient-client';

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
  // `pg` and its pool take a session whose end was announced by an error out of the pool.
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
