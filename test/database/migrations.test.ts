import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { migrate, requireMigrated, revertNewest, showMigrations } from '../../src/database/migrate';
import { migrations } from '../../src/database/migrations';
import { startEmbeddedServices } from '../../src/embedded/embedded-services';
import { RunningProcess } from '../support/running-process';
import { emptyTestRedis, freePort, waitFor } from '../support/services';
import { makeDataDir, removeDataDir } from '../support/test-data-dir';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/test-database';

const REPOSITORY = resolve(__dirname, '../..');
const MAIN = join(REPOSITORY, 'dist/main.js');
const NAMES = migrations.map(({ name }) => name);
const STACK = /^ +at /m;

let dataDir: string;
const databases: TestDatabase[] = [];

beforeEach(() => {
  dataDir = makeDataDir();
});

afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
  removeDataDir(dataDir);
});

async function database(made: Promise<TestDatabase>): Promise<string> {
  const own = await made;
  databases.push(own);
  return own.url;
}

const surroundings = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: dataDir });

async function npm(
  command: string,
  variables: NodeJS.ProcessEnv,
): Promise<{ code: unknown; output: string }> {
  const running = await RunningProcess.start('npm', ['run', '--silent', ...command.split(' ')], {
    cwd: REPOSITORY,
    env: { ...surroundings(), ...variables },
  });
  return { code: await running.exited(), output: running.output };
}

async function start(variables: NodeJS.ProcessEnv): Promise<RunningProcess> {
  return RunningProcess.start(process.execPath, [MAIN], {
    cwd: dataDir,
    env: { ...surroundings(), PORT: String(await freePort()), DATA_DIR: dataDir, ...variables },
  });
}

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

/** Every relation with its columns, and the migrations that have run. */
async function contents(url: string): Promise<unknown> {
  const relations = await query(
    url,
    `SELECT c.relname, c.relkind, array_agg(a.attname || ' ' || a.atttypid::regtype ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relnamespace = 'public'::regnamespace GROUP BY 1, 2 ORDER BY 1`,
  );
  const run = (relations as { relname: string }[]).some(({ relname }) => relname === 'migrations')
    ? await query(url, 'SELECT * FROM migrations ORDER BY id')
    : [];
  return { relations, run };
}

it('the schema apart from the start: migrate, show, revert, and starts with MIGRATE_ON_START=false', async () => {
  const url = await database(createEmptyDatabase());
  const variables = { DATABASE_URL: url, REDIS_URL: await emptyTestRedis(), MIGRATE_ON_START: 'false' };
  expect((await showMigrations(url)).filter(({ hasRun }) => hasRun)).toEqual([]);
  expect(await contents(url)).toEqual({ relations: [], run: [] });

  const migrated = await npm('migrate', variables);
  expect(migrated.output).toMatch(
    new RegExp(`^The schema is up to date: ${NAMES.length} migration\\(s\\) in \\d+ ms\\.\\n$`),
  );
  expect(migrated.code).toBe(0);
  expect(await npm('migrate', variables)).toEqual({
    code: 0,
    output: 'The schema was up to date already.\n',
  });

  const reverted = await npm('migration:revert', variables);
  expect(reverted).toEqual({ code: 0, output: `Reverted ${NAMES.at(-1)}.\n` });
  const shown = await npm('migration:show', variables);
  expect(shown).toEqual({
    code: 0,
    output: NAMES.map((name, index) => `[${index < NAMES.length - 1 ? 'X' : ' '}] ${name}\n`).join(''),
  });

  const before = await contents(url);
  const refused = await start(variables);
  expect(await refused.exited()).toBe(1);
  expect(refused.output).toMatch(
    new RegExp(
      `^Could not start\\. The schema .* is older than this version: 1 migration\\(s\\) have not run \\(${NAMES.at(-1)}\\)\\. Run "npm run migrate"`,
      'm',
    ),
  );
  expect(refused.output).not.toMatch(STACK);
  expect(await contents(url)).toEqual(before);

  await migrate(url);
  const port = String(await freePort());
  const running = await start({ ...variables, PORT: port, ROLE: 'api' });
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok, {
    what: 'the process to serve',
  });
  expect(await running.stop()).toBe(0);
});

/** Takes back all that came after the migration. */
async function revertTo(url: string, migration: string): Promise<void> {
  for (let left = NAMES.length - 1; !NAMES[left]!.startsWith(migration); left -= 1)
    await revertNewest(url, () => undefined);
}

it('every migration can be taken back while nothing is lost by it', async () => {
  const url = await database(createTestDatabase());
  const reverted: string[] = [];
  for (let left = NAMES.length; left > 0; left -= 1) await revertNewest(url, (line) => reverted.push(line));
  expect(reverted).toEqual(NAMES.toReversed().map((name) => `Reverted ${name}.`));
  const remaining = await query<{ relname: string }>(
    url,
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
     UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
  );
  expect(remaining).toEqual([{ relname: 'migrations' }]);
  await expect(revertNewest(url, () => undefined)).rejects.toThrow('No migration has run');
  expect(await migrate(url)).toBe(NAMES.length);
});

it('npm run migration:revert refuses in plain words where rows would be lost, and changes nothing', async () => {
  const url = await database(createTestDatabase());
  await query(
    url,
    `WITH owner AS (INSERT INTO client (name) VALUES ('Keeps a job') RETURNING id)
     INSERT INTO job (id, client_id, type, request, request_id, parameters, max_failures, max_crashes, steps, deadline_at)
     SELECT uuid_v7(), id, 'test.kept', '{}', 'req_kept', '{}', 1, 1, '{}', now() FROM owner`,
  );
  await revertTo(url, 'JobRequestId');
  const before = await contents(url);
  const { code, output } = await npm('migration:revert', { DATABASE_URL: url });
  expect(output).toBe('\nNot reverted: the request ids of jobs would be lost.\n');
  expect(code).toBe(1);
  expect(await contents(url)).toEqual(before);
});

it('a table that holds rows is not taken back', async () => {
  const url = await database(createTestDatabase());
  await query(
    url,
    `INSERT INTO audit_entry (actor_type, action, client_id) VALUES ('start', 'client.created', uuid_v7())`,
  );
  await revertTo(url, 'Audit');
  await expect(revertNewest(url, () => undefined)).rejects.toThrow(
    'Not reverted: the rows of audit_entry would be lost.',
  );
  expect(await query(url, 'SELECT action FROM audit_entry')).toEqual([{ action: 'client.created' }]);
});

it('idempotency keys move to their own table, and back', async () => {
  const url = await database(createTestDatabase());
  await revertTo(url, 'JobRequestId');
  await query(
    url,
    `WITH owner AS (INSERT INTO client (name) VALUES ('Has a key') RETURNING id)
     INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at, idempotency_key,
       idempotency_hash)
     SELECT uuid_v7(), id, 'test.kept', '{}', '{}', 1, 1, '{}', now(), key, decode(hash, 'hex')
     FROM owner, (VALUES ('a', 'ab'), (NULL, NULL)) AS given(key, hash)`,
  );
  const inJobs = 'SELECT id, idempotency_key, idempotency_hash FROM job ORDER BY id';
  const before = await query(url, inJobs);
  await migrate(url);
  expect(
    await query(
      url,
      `SELECT key, encode(hash, 'hex') AS hash, k.created_at = job.created_at AS same_age
       FROM idempotency_key k JOIN job ON job.id = k.job_id`,
    ),
  ).toEqual([{ key: 'a', hash: 'ab', same_age: true }]);
  await revertTo(url, 'JobRequestId');
  expect(await query(url, inJobs)).toEqual(before);
});

it('orders of before have amounts in minor units, are refunded as they say, and it is said what changed', async () => {
  const url = await database(createTestDatabase());
  await revertTo(url, 'NextDue');
  await query(
    url,
    `WITH owner AS (INSERT INTO client (id, name) VALUES ('0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11', 'Shop') RETURNING id),
     given(number, status, currency, lines) AS (VALUES
       ('a', 'paid', 'USD', '{261.9568, 0.005}'::numeric[]), ('b', 'refunded', 'USD', '{10}'),
       ('c', 'cancelled', 'JPY', '{4487.5, -6.4}'), ('d', 'refunded', 'USD', '{-5}'), ('e', 'paid', 'KWD', '{1.2345}')),
     written AS (
       INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, total, line_count)
       SELECT id, number, '2020-01-01', status, currency, 'Ann', (SELECT sum(line) FROM unnest(lines) line), cardinality(lines)
       FROM owner, given RETURNING id, number)
     INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
     SELECT id, position, 'a', 'b', 1, line, line FROM written JOIN given USING (number),
       unnest(lines) WITH ORDINALITY AS line(line, position)`,
  );
  const log: string[] = [];
  await migrate(url, (line) => log.push(line));
  const orders = await query<Record<string, string>>(
    url,
    `SELECT number, subtotal::text, total::text, refunded_total::text, net_total::text, tax_total::text, version,
       updated_at = created_at AS untouched,
       (SELECT string_agg(unit_price || ' ' || total, ', ' ORDER BY position) FROM order_line WHERE order_id = o.id) AS lines
     FROM orders o ORDER BY number`,
  );
  const values = orders.map((order) => Object.values(order));
  expect(values).toEqual([
    ['a', '261.97', '261.97', '0.00', '261.97', '0.00', 1, true, '261.9568 261.96, 0.005 0.01'],
    ['b', '10.00', '10.00', '10.00', '0.00', '0.00', 1, true, '10.00 10.00'],
    ['c', '4482', '4482', '0', '0', '0', 1, true, '4487.5 4488, -6.4 -6'],
    ['d', '-5.00', '-5.00', '0.00', '-5.00', '0.00', 1, true, '-5.00 -5.00'],
    ['e', '1.235', '1.235', '0.000', '1.235', '0.000', 1, true, '1.2345 1.235'],
  ]);
  const said = log.filter((line) => line.startsWith('Orders of client 0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11'));
  expect(said.map((line) => line.slice(line.indexOf(' in ') + 4))).toEqual([
    'JPY: 1 of 1 have another total, now that each line is rounded to the minor unit of the currency. Together they were 4481.1, and are 4482.',
    'KWD: 1 of 1 have another total, now that each line is rounded to the minor unit of the currency. Together they were 1.2345, and are 1.235.',
    'USD: 1 of 3 have another total, now that each line is rounded to the minor unit of the currency. Together they were 266.9618, and are 266.97.',
    'USD: 2 with the status refunded are refunded whole, 10.00 together.',
  ]);
  await expect(revertTo(url, 'NextDue')).rejects.toThrow('Not reverted: the discounts, taxes and refunds');
});

it('jobs and endpoints of before have no labels, and labels are not lost by going back', async () => {
  const url = await database(createTestDatabase());
  await revertTo(url, 'Brands');
  await query(
    url,
    `WITH owner AS (INSERT INTO client (name) VALUES ('Shop') RETURNING id), job AS (
       INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
       SELECT uuid_v7(), id, 'test.kept', '{}', '{}', 1, 1, '{}', now() FROM owner
     ), message AS (
       INSERT INTO webhook_message (id, client_id, type, body, occurred_at)
       SELECT uuid_v7(), id, 'test.kept', '{}', now() FROM owner
     ) INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures)
     SELECT uuid_v7(), id, 'https://shop.test/', '{*}', '{v1}' FROM owner`,
  );
  await migrate(url);
  expect(await query(url, 'SELECT metadata, tags FROM job')).toEqual([{ metadata: {}, tags: [] }]);
  expect(await query(url, 'SELECT tags FROM webhook_endpoint')).toEqual([{ tags: [] }]);
  const refused = async (change: string, undo: string): Promise<void> => {
    await query(url, change);
    await expect(revertTo(url, 'Brands')).rejects.toThrow('Not reverted: metadata and tags would be lost.');
    await query(url, undo);
  };
  await refused(`UPDATE job SET tags = '{a}'`, `UPDATE job SET tags = '{}'`);
  expect(await query(url, 'SELECT FROM job_tag')).toEqual([]);
  await refused(`UPDATE job SET metadata = '{"a":"b"}'`, `UPDATE job SET metadata = '{}'`);
  await refused(`UPDATE webhook_endpoint SET tags = '{a}'`, `UPDATE webhook_endpoint SET tags = '{}'`);
  await refused(
    `UPDATE webhook_message SET body = convert_to(repeat('x', 27000), 'UTF8')`,
    `UPDATE webhook_message SET body = convert_to(repeat('x', 20000), 'UTF8')`,
  );
  const long = `UPDATE webhook_message SET body = convert_to(repeat('x', 27001), 'UTF8')`;
  await migrate(url);
  await expect(query(url, long)).rejects.toThrow('webhook_message_body_check');
  await revertTo(url, 'Brands');
  expect(await query(url, 'SELECT type FROM job')).toEqual([{ type: 'test.kept' }]);
});

it('how far messages of before were removed is never taken for less than it may have been, and none goes for a day', async () => {
  const noted = (url: string): Promise<unknown[]> =>
    query(
      url,
      `SELECT date_trunc('day', now() - removed_up_to) = interval '20 days' AS "to the delivered", removed_up_to = said_at AS "to now",
         removed_up_to IS NULL AS "nothing", said_at > now() - interval '1 hour' AS waits
       FROM retention WHERE kind = 'webhook_message'`,
    );
  const url = await database(createTestDatabase());
  const again = async (change: string): Promise<unknown> => {
    await revertTo(url, 'LeasesByClient');
    await query(url, `UPDATE retention SET said_at = now() - interval '9 days'`);
    await query(url, change);
    await migrate(url);
    return (await noted(url))[0];
  };
  const none = { 'to the delivered': false, 'to now': false, nothing: false, waits: true };
  expect(await again('SELECT')).toEqual({
    'to the delivered': null,
    'to now': null,
    nothing: true,
    waits: false,
  });
  expect(await again(`INSERT INTO client (name) VALUES ('Had events, perhaps')`)).toEqual({
    ...none,
    'to now': true,
  });
  // The two oldest are there because they were still to be delivered: younger ones may be gone.
  const messages = `
    WITH message AS (
      INSERT INTO webhook_message (id, client_id, type, body, occurred_at, created_at)
      SELECT overlay(uuid_v7()::text PLACING left(first_uuid_v7(at)::text, 13) FROM 1 FOR 13)::uuid, client.id, type, '{}', at, at
      FROM client, (VALUES ('delivered late', 22), ('pending', 21), ('delivered', 20), ('sent to nobody', 19)) AS m(type, days),
        LATERAL (SELECT now() - make_interval(days => days, secs => 60) AS at) made
      RETURNING *
    ) INSERT INTO delivery (id, message_id, client_id, url, give_up_at, state, finished_at)
    SELECT uuid_v7(), id, client_id, 'http://127.0.0.1/', now(), CASE type WHEN 'pending' THEN 'PENDING' ELSE 'DELIVERED' END,
      CASE type WHEN 'delivered' THEN created_at + interval '23 h' WHEN 'delivered late' THEN created_at + interval '25 h' END
    FROM message WHERE type <> 'sent to nobody'`;
  expect(await again(messages)).toEqual({ ...none, 'to the delivered': true });
});

it('npm run migrate says in plain words that it needs DATABASE_URL, or that nothing is there', async () => {
  const without = await npm('migrate', {});
  expect(without.output).toMatch(/^\nDATABASE_URL is not set: [^\n]*\n$/);
  expect(without.code).toBe(1);
  const unreachable = await npm('migrate', {
    DATABASE_URL: `postgres://orders:secret-of-it@127.0.0.1:${await freePort()}/orders`,
  });
  expect(unreachable.output).toMatch(/^\nThe database that DATABASE_URL names cannot be used: [^\n]*\n$/);
  expect(unreachable.output).not.toContain('secret-of-it');
  expect(unreachable.code).toBe(1);
});

it("TypeORM's own command line takes the exported data source", async () => {
  const typeorm = await RunningProcess.start(
    process.execPath,
    ['node_modules/typeorm/cli.js', 'migration:show', '-d', 'dist/database/data-source.js'],
    {
      cwd: REPOSITORY,
      env: { ...surroundings(), DATABASE_URL: await database(createTestDatabase()) },
    },
  );
  expect(await typeorm.exited()).toBe(0);
  for (const [index, name] of NAMES.entries()) expect(typeorm.output).toContain(`[X] ${index + 1} ${name}`);
});

it('a schema of a newer version ends a start in plain words, whether it migrates or not', async () => {
  const url = await database(createTestDatabase());
  await query(
    url,
    `INSERT INTO migrations (timestamp, name) VALUES (1999999999999, 'Invoices1999999999999')`,
  );
  const before = await contents(url);
  const running = await start({ DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1:1' });
  expect(await running.exited()).toBe(1);
  const words =
    'The database that DATABASE_URL names has the schema of a newer version: it has run Invoices1999999999999';
  expect(running.output).toContain(`\nCould not start. ${words}`);
  expect(running.output).not.toMatch(STACK);
  await expect(requireMigrated(url)).rejects.toThrow(words);
  expect(await contents(url)).toEqual(before);
});

describe('a database of another program', () => {
  const REFUSED = 'The database that DATABASE_URL names is in use by another program';

  it('is refused in plain words by starts and commands, and nothing is changed', async () => {
    const url = await database(createEmptyDatabase());
    await query(
      url,
      `CREATE TABLE job (id serial PRIMARY KEY, title text);
       CREATE TABLE migrations (id serial PRIMARY KEY, migration varchar NOT NULL, batch integer NOT NULL);
       INSERT INTO migrations (migration, batch) VALUES ('2024_01_01_create_jobs', 1);
       CREATE TABLE person (id serial); CREATE VIEW titles AS SELECT title FROM job`,
    );
    const before = await contents(url);
    const migrating = await start({ DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1:1' });
    const waiting = await start({
      DATABASE_URL: url,
      REDIS_URL: 'redis://127.0.0.1:1',
      MIGRATE_ON_START: 'false',
    });
    for (const running of [migrating, waiting]) {
      expect(await running.exited()).toBe(1);
      expect(running.output).toContain(
        `\nCould not start. ${REFUSED}: it has run no migration of ours, and holds job, migrations, person and 1 more. ` +
          'Nothing in it was changed. Set DATABASE_URL to an empty database',
      );
      expect(running.output).not.toMatch(STACK);
    }
    const command = await npm('migrate', { DATABASE_URL: url });
    expect(command).toEqual({ code: 1, output: expect.stringContaining(`\n${REFUSED}`) as unknown });
    expect(await contents(url)).toEqual(before);
  });

  it('has room for a schema of ours beside it', async () => {
    const url = await database(createEmptyDatabase());
    await query(url, 'CREATE TABLE job (id serial PRIMARY KEY); CREATE SCHEMA order_reports');
    const before = await contents(url);
    const DATABASE_URL = `${url}?options=-c%20search_path%3Dorder_reports`;
    const port = String(await freePort());
    const running = await start({ DATABASE_URL, REDIS_URL: await emptyTestRedis(), PORT: port, ROLE: 'api' });
    await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok, {
      what: 'the process to be ready',
    });
    expect(await running.stop()).toBe(0);
    expect(await contents(url)).toEqual(before);
  });

  it('may be empty but for what an extension or an interrupted first start has brought', async () => {
    const url = await database(createEmptyDatabase());
    await query(
      url,
      `CREATE EXTENSION pg_stat_statements;
       CREATE TABLE migrations (id serial PRIMARY KEY, timestamp bigint NOT NULL, name varchar NOT NULL)`,
    );
    expect(await migrate(url)).toBe(NAMES.length);
  });
});

describe('a schema of before the migrations were joined', () => {
  /** As the commit before left it: its names, and rows that somebody wants to keep. */
  const OLD = `
    CREATE TABLE migrations (id serial PRIMARY KEY, timestamp bigint NOT NULL, name varchar NOT NULL);
    INSERT INTO migrations (timestamp, name) VALUES
      (1732200000001, 'Foundations1732200000001'), (1732200000002, 'Clients1732200000002');
    CREATE TABLE client (id uuid PRIMARY KEY, name text NOT NULL);
    INSERT INTO client VALUES (gen_random_uuid(), 'Kept')`;

  it('in a database is refused in words that say what to do, and nothing is changed', async () => {
    const url = await database(createEmptyDatabase());
    await query(url, OLD);
    const before = await contents(url);
    const started = await start({ DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await started.exited()).toBe(1);
    const migrated = await npm('migrate', { DATABASE_URL: url });
    expect(migrated.code).toBe(1);
    for (const { output } of [started, migrated]) {
      expect(output).toMatch(
        /The database that DATABASE_URL names has the schema of an earlier commit: it has run Clients1732200000002\./,
      );
      expect(output).toMatch(
        /The commit [0-9a-f]{7} still starts with it; .* set DATABASE_URL to an empty database\.$/m,
      );
      expect(output).not.toMatch(STACK);
    }
    expect(await contents(url)).toEqual(before);
    expect(await query(url, 'SELECT name FROM client')).toEqual([{ name: 'Kept' }]);
  });

  it('in a data directory is refused in words that say how to keep it, and nothing is changed', async () => {
    const log = (): void => undefined;
    const embedded = { dataDir, postgres: true, redis: false, durable: false, log };
    const first = await startEmbeddedServices(embedded);
    await query(first.databaseUrl!, OLD);
    const before = await contents(first.databaseUrl!);
    await first.stop();

    const running = await start({});
    expect(await running.exited()).toBe(1);
    expect(running.output).toContain(`The data directory ${dataDir} has the schema of an earlier commit`);
    expect(running.output).toMatch(
      /Nothing in it was changed\. .* move that directory to another name, or set DATA_DIR to a new one, and start again\.$/m,
    );
    expect(running.output).not.toMatch(STACK);

    const again = await startEmbeddedServices(embedded);
    try {
      expect(await contents(again.databaseUrl!)).toEqual(before);
      expect(await query(again.databaseUrl!, 'SELECT name FROM client')).toEqual([{ name: 'Kept' }]);
    } finally {
      await again.stop();
    }
  });
});
