import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { oneMessageTransaction } from '../database/one-message-transaction';
import type { ResilientClient } from '../database/resilient-client';

/**
 * Lends a connection for work that may take long; it goes back to the pool in any case.
 *
 * @param signal stops the statement that runs, in the database too, and the work with it
 */
export async function withConnection<T>(
  dataSource: DataSource,
  signal: AbortSignal | undefined,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const runner = dataSource.createQueryRunner();
  let cancelling: Promise<unknown> | undefined;
  let cancel: (() => void) | undefined;
  try {
    const backend = await backendOf(runner);
    cancel = (): void => {
      cancelling = dataSource.query('SELECT pg_cancel_backend($1)', [backend]).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    signal?.throwIfAborted();
    return await work(runner);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    if (cancel !== undefined) signal?.removeEventListener('abort', cancel);
    // A cancellation that came late must not hit whoever gets the connection next.
    await cancelling;
    // It may have hit the very statement that was to roll back; without a transaction this does nothing.
    if (cancelling !== undefined) await runner.query('ROLLBACK').catch(() => undefined);
    await runner.release();
  }
}

const backends = new WeakMap<object, number | undefined>();

/** The process of the server that a connection speaks with, asked once. */
async function backendOf(runner: QueryRunner): Promise<number | undefined> {
  const connection = (await runner.connect()) as object;
  if (!backends.has(connection)) {
    const [row] = await runner.manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
    backends.set(connection, row?.pid);
  }
  return backends.get(connection);
}

/** Milliseconds that one statement over a whole order book, or a pause between two of them, may take. */
const LONG_WORK_MS = 1_800_000;

/** A transaction that may take long: commits when `work` is done, rolls back when it throws. */
export async function inTransaction<T>(
  runner: QueryRunner,
  mode: 'READ COMMITTED' | 'REPEATABLE READ, READ ONLY',
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const connection = (await runner.connect()) as ResilientClient;
  const { answerWithinMs } = connection;
  connection.answerWithinMs += LONG_WORK_MS;
  try {
    return await oneMessageTransaction(
      runner,
      [
        `SET TRANSACTION ISOLATION LEVEL ${mode}`,
        `SET LOCAL statement_timeout = ${LONG_WORK_MS}`,
        `SET LOCAL idle_in_transaction_session_timeout = ${LONG_WORK_MS}`,
      ],
      work,
    );
  } finally {
    connection.answerWithinMs = answerWithinMs;
  }
}
