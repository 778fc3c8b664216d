import type { EntityManager } from 'typeorm';

/** Who changes orders: a key, or a job of the client. */
export interface ChangedBy {
  keyId: string | null;
  jobId: string | null;
}

export const byKey = (keyId: string): ChangedBy => ({ keyId, jobId: null });

/**
 * A row of SQL that says that this transaction writes orders of a client, until it ends. It must have been read before a
 * change is inserted: as the first statement of the transaction, or as what its one statement depends on.
 *
 * @param client SQL of the client's id
 */
export const writersLock = (client: string): string => `SELECT lock_order_writers(${client})`;

/** For a transaction of several statements, as its first. */
export const lockWriters = (manager: EntityManager, clientId: string): Promise<unknown> =>
  manager.query(writersLock('$1'), [clientId]);

/**
 * An `INSERT` of a change for each row of a relation that has `id`, `number` and `version`, each of an order that this
 * transaction has locked.
 *
 * @param rows what stands after `FROM`
 * @param client SQL of the client's id; likewise the others
 */
export const insertChanges = (
  rows: string,
  change: 'created' | 'updated' | 'deleted',
  { client, key, job }: { client: string; key: string; job: string },
): string =>
  `INSERT INTO order_change (client_id, order_id, number, version, change, key_id, job_id)
   SELECT ${client}, id, number, version, '${change}', ${key}, ${job} FROM ${rows}`;
