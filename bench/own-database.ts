import { Client } from 'pg';
import { migrate } from '../src/database/migrate';
import type { Place } from './noop-jobs';

const NAME = 'bench_own';

/** Does work in an empty, migrated database of the cluster, which is dropped after it. */
export async function inOwnDatabase<Result>(
  place: Place,
  work: (own: Place, database: Client) => Promise<Result>,
): Promise<Result> {
  const cluster = new Client({ connectionString: place.databaseUrl });
  await cluster.connect();
  const drop = (): Promise<unknown> => cluster.query(`DROP DATABASE IF EXISTS ${NAME} WITH (FORCE)`);
  try {
    // Of a run that was interrupted.
    await drop();
    await cluster.query(`CREATE DATABASE ${NAME}`);
    const databaseUrl = Object.assign(new URL(place.databaseUrl), { pathname: `/${NAME}` }).href;
    await migrate(databaseUrl);
    const database = new Client({ connectionString: databaseUrl });
    await database.connect();
    try {
      return await work({ ...place, databaseUrl }, database);
    } finally {
      await database.end();
      await drop();
    }
  } finally {
    await cluster.end();
  }
}
