import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../src/database/migrate';
import { waitFor } from './services';

const TEMPLATE = 'order_reports_template';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A database of the test file's own, with all migrations run and no rows; takes some tens of milliseconds. */
export const createTestDatabase = (): Promise<TestDatabase> =>
  createDatabase(`TEMPLATE ${TEMPLATE} STRATEGY file_copy`);

/** A database without any table. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createDatabase('');

async function createDatabase(options: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(`CREATE DATABASE ${name} ${options}`);
  return { url: urlOf(name), drop: () => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Runs the application's migrations once; every test database is a copy of the result. */
export async function createTemplate(): Promise<void> {
  await asAdmin(`CREATE DATABASE ${TEMPLATE}`);
  await migrate(urlOf(TEMPLATE));
}

async function asAdmin(statement: string): Promise<void> {
  const client = await waitFor(connected, { what: 'a connection to Postgres' });
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** One that is reset on its way is tried again, and one that is reset at its end is nobody's failure. */
async function connected(): Promise<Client> {
  const client = new Client({ connectionString: adminUrl() });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function urlOf(database: string): string {
  const url = new URL(adminUrl());
  url.pathname = `/${database}`;
  return url.href;
}

function adminUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined)
    throw new Error('TEST_DATABASE_URL is unset: is this a test of the project "stories"?');
  return url;
}
