import { escapeLiteral } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { oneMessageTransaction } from '../database/one-message-transaction';
import type { ResilientClient } from '../database/resilient-client';

/** Milliseconds that one statement over a whole order book, or a pause between two of them, may take. */
const LONG_WORK_MS = 1_800_000;

/**
 * A transaction that may take long, on a connection that is lent for it and goes back to the pool in any case: commits when
 * `work` is done, rolls back when it throws.
 *
 * @param signal stops the statement that runs, in the database too, and the work with it
 * @param snapshot that another transaction has exported and still has: this one sees the same moment
 * @throws the signal's reason when it is aborted
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  mode: 'READ COMMITTED' | 'REPEATABLE READ, READ ONLY',
  signal: AbortSignal | undefined,
  work: (runner: QueryRunner) => Promise<T>,
  snapshot?: string,
): Promise<T> {
  signal?.throwIfAborted();
  const runner = dataSource.createQueryRunner();
  const settings = [
    `SET TRANSACTION ISOLATION LEVEL ${mode}`,
    `SET LOCAL statement_timeout = ${LONG_WORK_MS}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${LONG_WORK_MS}`,
    ...(snapshot === undefined ? [] : [`SET TRANSACTION SNAPSHOT ${escapeLiteral(snapshot)}`]),
  ];
  try {
    return await withLongAnswers(runner, () =>
      oneMessageTransaction(runner, settings, () => untilAborted(dataSource, runner, signal, work)),
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await runner.release();
  }
}

async function withLongAnswers<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  const connection = (await runner.connect()) as ResilientClient;
  const { answerWithinMs } = connection;
  connection.answerWithinMs += LONG_WORK_MS;
  try {
    return await work();
  } finally {
    connection.answerWithinMs = answerWithinMs;
  }
}

/**
 * Behind a pooler of transactions the session is this transaction's until it ends, and somebody else's then. So it is asked
 * here which one it is, and the transaction does not end before a cancellation has reached it: one that comes while the
 * session waits for the next statement does nothing.
 */
async function untilAborted<T>(
  dataSource: DataSource,
  runner: QueryRunner,
  signal: AbortSignal | undefined,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work(runner);
  const [session] = await runner.manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
  let cancelling: Promise<unknown> | undefined;
  const cancel = (): void => {
    cancelling = dataSource.query('SELECT pg_cancel_backend($1)', [session?.pid]).catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    return await work(runner);
  } finally {
    signal.removeEventListener('abort', cancel);
    await cancelling;
  }
}
