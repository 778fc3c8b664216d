import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { migrations } from './migrations';
import { dropReadOnlySessions, ResilientClient } from './resilient-client';

/** Milliseconds; 0 is no limit. */
interface SessionLimits {
  statement_timeout: number;
  idle_in_transaction_session_timeout: number;
  lock_timeout: number;
}

const LIMITS: SessionLimits = {
  statement_timeout: 60_000,
  idle_in_transaction_session_timeout: 300_000,
  lock_timeout: 0,
};

/** Beyond what the server gives a statement: who has no answer by then speaks with nobody. */
const ANSWER_MARGIN_MS = 5_000;

/** A change of a large table takes as long as it takes; one that waits for others holds up whoever comes after it. */
const LIMITS_OF_MIGRATIONS: SessionLimits = {
  statement_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  lock_timeout: 30_000,
};

/** How every process and every test connects: `max` connections, and no statement that hangs for ever. */
export function dataSourceOptions(url: string, max: number, limits = LIMITS): PostgresDataSourceOptions {
  const settings = {
    ...limits,
    // No statement of ours runs long enough for its compilation to pay, and where a table is large the planner has half a
    // second of it for what then takes a tenth of a millisecond.
    jit: 'off',
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return {
    type: 'postgres',
    url: withOptions(url, options.join(' ')),
    // Each lies in the folder of its feature, which this one knows nothing of.
    entities: [join(__dirname, '../**/*.entity.{js,ts}')],
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    applicationName: 'order-reports',
    poolSize: max,
    // To connect, and to wait for a connection while all are in use: then the caller learns that it cannot be served now.
    connectTimeoutMS: 10_000,
    extra: {
      Client: ResilientClient,
      options: options.join(' '),
      keepAlive: true,
      // By itself the kernel asks after two hours whether the other end of an idle connection is there.
      keepAliveInitialDelayMillis: 10_000,
      answerWithinMs: limits.statement_timeout && limits.statement_timeout + ANSWER_MARGIN_MS,
    },
  };
}

/** What migrations run on, not yet connected: one connection for them, and one for the lock that they are under. */
export const migrationDataSource = (url: string): DataSource =>
  new DataSource(dataSourceOptions(url, 2, LIMITS_OF_MIGRATIONS));

/** Connects, and goes on doing so when the primary changes. */
export async function openDataSource(options: PostgresDataSourceOptions): Promise<DataSource> {
  const dataSource = await new DataSource(options).initialize();
  dropReadOnlySessions((dataSource.driver as PostgresDriver).master as Pool);
  return dataSource;
}

/** What the URL says itself (`?options=-c search_path=…`), and would say alone, stays, and wins where it sets the same. */
function withOptions(url: string, options: string): string {
  if (!/[?&]options=/.test(url)) return url;
  const given = new URL(url);
  given.searchParams.set('options', `${options} ${given.searchParams.get('options') ?? ''}`);
  return given.href;
}
