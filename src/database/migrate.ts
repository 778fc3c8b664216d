import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source';

/** Any number, the same in every process: serializes migrations of processes that start together. */
const LOCK = 727_272_001;

/** Brings the schema up to date. Safe when several processes start at once. */
export async function migrate(url: string): Promise<void> {
  const dataSource = new DataSource(dataSourceOptions(url, 3));
  await dataSource.initialize();
  const locker = dataSource.createQueryRunner();
  try {
    await locker.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await dataSource.runMigrations();
  } finally {
    await locker.release();
    // Closing the session releases the lock too, also after an error.
    await dataSource.destroy();
  }
}
