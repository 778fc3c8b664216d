import type { DataSource, EntityManager } from 'typeorm';

export interface TransactionOptions {
  isolation: 'READ COMMITTED' | 'REPEATABLE READ';
  readOnly: boolean;
  /** Stops the statement that runs, in the database too, and rolls back. */
  signal?: AbortSignal | undefined;
}

/** Minutes that one statement over a whole order book, or a pause between two of them, may take. */
const LONG_WORK_MINUTES = 30;

/**
 * Runs `work` in a transaction of its own that may take long. It commits when `work` is done and rolls back when it
 * throws; the connection goes back to the pool in any case.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  { isolation, readOnly, signal }: TransactionOptions,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const runner = dataSource.createQueryRunner();
  let cancelling: Promise<unknown> | undefined;
  let cancel: (() => void) | undefined;
  try {
    await runner.startTransaction(isolation);
    if (readOnly) await runner.query('SET TRANSACTION READ ONLY');
    const [session] = await runner.manager.query<{ pid: number }[]>(
      `SELECT pg_backend_pid() AS pid,
         set_config('statement_timeout', $1, true),
         set_config('idle_in_transaction_session_timeout', $1, true)`,
      [`${LONG_WORK_MINUTES}min`],
    );
    cancel = (): void => {
      cancelling = dataSource.query('SELECT pg_cancel_backend($1)', [session?.pid]).catch(() => undefined);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    signal?.throwIfAborted();
    const result = await work(runner.manager);
    signal?.throwIfAborted();
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await cancelling;
    // A connection that is broken cannot roll back; the server has done it.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  } finally {
    if (cancel !== undefined) signal?.removeEventListener('abort', cancel);
    // A cancellation that came late must not hit whoever gets the connection next.
    await cancelling;
    await runner.release();
  }
}
