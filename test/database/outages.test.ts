import { Client } from 'pg';
import { dataSourceOptions, openDataSource } from '../../src/database/connection';
import { migrate } from '../../src/database/migrate';
import { isDatabaseOutage, sqlStateOf } from '../../src/database/database-errors';
import { waitFor } from '../support/services';
import { inTransaction } from '../../src/orders/transaction';
import { TcpProxy } from '../support/tcp-proxy';
import { TestApp } from '../support/test-app';
import { createTestDatabase } from '../support/test-database';

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const POOL = 6;

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api', DATABASE_POOL_SIZE: String(POOL) });
});
afterAll(() => app.stop());

const submit = () => app.call('POST', '/v1/orders/reports', { body: PERIOD });
/** An outage answers a submission with 503, and says when to come back. */
const expectRefusal = async (): Promise<void> => {
  const refused = await submit();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(refused.body).toMatchObject({ code: 'temporarily_unavailable' });
};
const ready = () => app.call('GET', '/health/ready', { key: null });

/** What `/metrics` shows of the jobs in the database; an alarm for their absence must see it. */
const gaugesOfJobs = async (): Promise<unknown> => {
  const { body } = await app.call('GET', '/metrics', { key: null });
  return String(body).match(/^jobs_(unfinished|oldest)\S*/gm) ?? [];
};

/** As somebody else than the application, on its database. */
async function operator(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: app.config.databaseUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const nameOfDatabase = (): string => new URL(app.config.databaseUrl).pathname.slice(1);

const sessions = async (): Promise<number> => {
  const [row] = await app.dataSource.query<{ count: number }[]>(
    `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'order-reports'`,
  );
  return row!.count;
};

it('a session compiles nothing, and a process has no more of them than it may', async () => {
  expect(await app.dataSource.query('SHOW jit')).toEqual([{ jit: 'off' }]);
  const answers = await Promise.all(Array.from({ length: 30 }, () => app.call('GET', '/v1/orders')));
  expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200));
  expect(await sessions()).toBeLessThanOrEqual(POOL);
});

it('a primary that was demoted without cutting a connection: 503, not ready, and well again without a restart', async () => {
  expect((await submit()).status).toBe(202);
  // What a switch by name or proxy leaves: sessions that are open, and may not write.
  const runners = Array.from({ length: POOL }, () => app.dataSource.createQueryRunner());
  for (const runner of runners) await runner.query(`SET default_transaction_read_only = on`);
  for (const runner of runners) await runner.release();
  await expectRefusal();
  // All sessions of then are gone with the one that was refused.
  expect((await submit()).status).toBe(202);
  expect((await ready()).status).toBe(200);
});

it('a server that is gone without a word: whoever waits for its answer learns so, and who asks next has one', async () => {
  const { proxy, url } = await TcpProxy.before(app.config.databaseUrl);
  const limits = { statement_timeout: 1_000, idle_in_transaction_session_timeout: 0, lock_timeout: 0 };
  const dataSource = await openDataSource(dataSourceOptions(url, 1, limits));
  try {
    // A transaction of long work may take longer.
    const slow = inTransaction(dataSource, 'READ COMMITTED', undefined, ({ manager }) =>
      manager.query<object[]>('SELECT 1 AS one FROM pg_sleep(7)'),
    );
    expect(await slow).toEqual([{ one: 1 }]);
    proxy.hang();
    const asked = dataSource.query('SELECT 2 AS two').catch((error: unknown) => error);
    proxy.passAnew();
    expect(isDatabaseOutage(await asked)).toBe(true);
    expect(await dataSource.query('SELECT 3 AS three')).toEqual([{ three: 3 }]);
  } finally {
    await dataSource.destroy();
    await proxy.close();
  }
});

it('a process whose connections are all in use: 503 that says when to come back, and well again when one is free', async () => {
  const runners = Array.from({ length: POOL }, () => app.dataSource.createQueryRunner());
  try {
    // One after the other, since the loops of the application use them too.
    for (const runner of runners) await runner.connect();
    await expectRefusal();
    expect((await ready()).status).toBe(503);
  } finally {
    for (const runner of runners) await runner.release();
  }
  expect((await submit()).status).toBe(202);
  expect((await ready()).status).toBe(200);
});

it('the session with which a process began is dropped like any other', async () => {
  const dataSource = await openDataSource(dataSourceOptions(app.config.databaseUrl, 1));
  const write = () =>
    dataSource.query('SELECT FROM client WHERE false FOR KEY SHARE').then(
      () => 'written',
      (error: unknown) => sqlStateOf(error),
    );
  try {
    await dataSource.query('SET default_transaction_read_only = on');
    expect([await write(), await write(), await write()]).toEqual(['25006', 'written', 'written']);
  } finally {
    await dataSource.destroy();
  }
});

it('a database that is read-only for a while: not ready, 503, and ready again when it is writable', async () => {
  const name = nameOfDatabase();
  await operator(
    `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await waitFor(async () => (await ready()).status === 503, { what: 'the process to be not ready' });
  expect((await ready()).body).toMatchObject({ status: 'down', database: 'down' });
  expect((await submit()).status).toBe(503);
  expect(await gaugesOfJobs()).toEqual([]);
  await operator(
    'SET default_transaction_read_only = off',
    `ALTER DATABASE ${name} RESET default_transaction_read_only`,
  );
  await waitFor(async () => (await ready()).status === 200, { what: 'the process to be ready' });
  const answers = await Promise.all(Array.from({ length: 10 }, submit));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
  expect(await gaugesOfJobs()).toEqual([
    'jobs_unfinished{state="PENDING"}',
    'jobs_unfinished{state="IN_PROGRESS"}',
    'jobs_oldest_due_seconds',
  ]);
});

it('a statement that takes longer than it may is a 503', async () => {
  const name = nameOfDatabase();
  await operator(
    'CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$',
    'CREATE TRIGGER stands_still BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stand_still()',
    `ALTER FUNCTION stand_still() SET statement_timeout = '1s'`,
  );
  try {
    const order = {
      number: 'N-1',
      ordered_at: '2026-01-01',
      currency: 'EUR',
      customer_name: 'Zoë',
      lines: [{ sku: 'S', description: 'D', quantity: '1', unit_price: '1' }],
    };
    const late = app.call('POST', '/v1/orders', { body: order });
    // As the timeout of the session would after a minute.
    await waitFor(
      async () => {
        const rows = await app.dataSource.query<unknown[]>(
          `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
           WHERE datname = $1 AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()`,
          [name],
        );
        return rows.length > 0;
      },
      { what: 'the statement to stand still' },
    );
    expect(await late).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
  } finally {
    await operator('DROP TRIGGER stands_still ON orders', 'DROP FUNCTION stand_still');
  }
});

it('a server without a free connection is an outage, for a request and for a start', async () => {
  const own = await createTestDatabase();
  const url = new URL(own.url);
  const role = `role_${url.pathname.slice(1)}`;
  await operator(
    `CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 6`,
    `ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${role}`,
  );
  const limited = new URL(own.url);
  limited.username = role;
  limited.password = 'secret';
  try {
    const clients = Array.from({ length: 6 }, () => new Client({ connectionString: limited.href }));
    for (const client of clients) await client.connect();
    const refused = await migrate(limited.href).catch((error: unknown) => error);
    expect(isDatabaseOutage(refused)).toBe(true);
    for (const client of clients) await client.end();
  } finally {
    await own.drop();
    await operator(`DROP ROLE ${role}`);
  }
});

it('a start says for what it waits when another one changes the schema', async () => {
  const own = await createTestDatabase();
  const other = new Client({ connectionString: own.url });
  await other.connect();
  const said: string[] = [];
  try {
    await other.query('SELECT pg_advisory_lock(727272001)');
    const migrated = migrate(own.url, (line) => said.push(line));
    await waitFor(() => said.length > 0, { what: 'the start to speak' });
    expect(said[0]).toMatch(/^Waiting for another process that brings the schema up to date/);
    await other.query('SELECT pg_advisory_unlock(727272001)');
    await migrated;
  } finally {
    await other.end();
    await own.drop();
  }
});
