import { DataSource, QueryRunner } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataSourceOptions } from './data-source';

/** Any number, the same in every process: serializes migrations of processes that start together. */
const LOCK = 727_272_001;

const ASK_EVERY_MS = 200;
/** After which a wait is spoken of, and again each time that as much has passed. */
const SAY_EVERY_MS = 5_000;

/** A change of a large table takes as long as it takes; one that waits for others holds up whoever comes after it. */
const LIMITS = { statement_timeout: 0, idle_in_transaction_session_timeout: 0, lock_timeout: 30_000 };

/**
 * Brings the schema up to date. Safe when several processes start at once: one works while the others wait. It uses two
 * connections at a time.
 *
 * @param log hears what it waits for, and what it changes
 */
export async function migrate(url: string, log: (line: string) => void = () => undefined): Promise<void> {
  const dataSource = new DataSource(dataSourceOptions(url, 2, LIMITS));
  await dataSource.initialize();
  const locker = dataSource.createQueryRunner();
  try {
    // In a transaction, which keeps its session also behind a pooler of transactions, and ends with it.
    await locker.startTransaction();
    await waitForLock(locker, log);
    const started = Date.now();
    const done = await dataSource.runMigrations();
    if (done.length > 0)
      log(`The schema is up to date: ${done.length} migration(s) in ${Date.now() - started} ms.`);
    await locker.commitTransaction();
  } finally {
    await locker.release();
    await dataSource.destroy();
  }
}

async function waitForLock(locker: QueryRunner, log: (line: string) => void): Promise<void> {
  const started = Date.now();
  let saidAt = started;
  for (;;) {
    const [row] = (await locker.query('SELECT pg_try_advisory_xact_lock($1) AS got', [LOCK])) as {
      got: boolean;
    }[];
    if (row?.got === true) return;
    if (Date.now() - saidAt >= SAY_EVERY_MS) {
      saidAt = Date.now();
      const seconds = Math.round((saidAt - started) / 1_000);
      log(`Waiting for another process that brings the schema up to date (${seconds} s so far) ...`);
    }
    await sleep(ASK_EVERY_MS);
  }
}
