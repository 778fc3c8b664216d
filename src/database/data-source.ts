import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { migrations } from './migrations';
import { ResilientClient } from './resilient-client';

/** How every process and every test connects: `max` connections, and no statement that hangs for ever. */
export function dataSourceOptions(url: string, max: number): PostgresDataSourceOptions {
  return {
    type: 'postgres',
    url,
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    applicationName: 'order-reports',
    poolSize: max,
    connectTimeoutMS: 10_000,
    extra: {
      Client: ResilientClient,
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 300_000,
      keepAlive: true,
    },
  };
}
