import { setTimeout } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { Claimant, ClaimedJob, ExternalClaim, JobClaims } from '../../src/jobs/job-claims';
import { JobSignals } from '../../src/jobs/job-signals';
import { Completion } from '../../src/jobs/job-transitions';
import { waitFor } from '../support/services';
import { claimAll } from '../support/claim-all';
import { createTestDatabase, TestDatabase } from '../support/test-database';

const TYPE = 'test.claimed';
let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  // One connection, whose statistics can be read after each statement.
  dataSource = await new DataSource(dataSourceOptions(database.url, 1)).initialize();
  // As few jobs as there are here would be read without an index.
  await dataSource.query('SET enable_seqscan = off');
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

beforeEach(() => dataSource.query('DELETE FROM client'));

const claimant = (most: number, type = TYPE): Claimant => ({
  types: [type],
  worker: 'w',
  leaseSeconds: 60,
  alone: false,
  most,
});

const completed = (jobs: ClaimedJob[]): Completion[] =>
  jobs.map(({ id, attempt }) => ({ jobId: id, attempt, result: {}, size: null, retentionDays: null }));

/** Clients with so many jobs each. @param at SQL expression of when they are due */
async function addWaiting(clients: number, each: number, at = 'now()', type = TYPE): Promise<void> {
  await dataSource.query(
    `WITH owner AS (INSERT INTO client (name) SELECT uuid_v7() FROM generate_series(1, $1) RETURNING id), made AS (
       INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at, run_at)
       SELECT uuid_v7(), owner.id, '${type}', '{}', '{}', 3, 3, '{only}', now() + interval '1 day', ${at}
       FROM owner, generate_series(1, $2) RETURNING id
     ) SELECT count(*) FROM made`,
    [clients, each],
  );
  // What was deleted before is not read once more.
  await dataSource.query('VACUUM (ANALYZE) job');
}

/** So many more of each client that waits, of a type that is worked on elsewhere, and due before. */
async function addOthers(each: number): Promise<void> {
  await dataSource.query(
    `INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at, run_at)
     SELECT uuid_v7(), client_id, 'test.other', '{}', '{}', 3, 3, '{only}', now() + interval '1 day', now() - interval '1 h'
     FROM (SELECT DISTINCT client_id FROM job) waiting, generate_series(1, $1)`,
    [each],
  );
  await dataSource.query('VACUUM (ANALYZE) job');
}

it('claims go around the clients that wait, each where the last one ended', async () => {
  await addWaiting(50, 3);
  const claims = new JobClaims(dataSource, new JobSignals());
  for (let round = 1; round <= 3; round += 1) {
    const owners: string[] = [];
    for (let claim = 0; claim < 25; claim += 1)
      owners.push(...(await claimAll(claims, claimant(2))).map(({ client_id }) => client_id));
    // All of them once, before anybody again.
    expect(new Set(owners).size).toBe(50);
  }
  expect(await claimAll(claims, claimant(1))).toEqual([]);
});

it('finds what is due behind any number of clients with nothing due', async () => {
  await addWaiting(100, 2, `now() + interval '1 h'`);
  await addWaiting(3, 2);
  await addWaiting(100, 2, `now() + interval '1 h'`);
  const claims = new JobClaims(dataSource, new JobSignals());
  expect(await claimAll(claims, claimant(1))).toHaveLength(1);
  expect(await claimAll(claims, claimant(20))).toHaveLength(5);
  expect(await claimAll(claims, claimant(20))).toEqual([]);
});

it('gives all that is due where one client has most of it', async () => {
  await addWaiting(17, 1);
  await addWaiting(1, 200);
  const claims = new JobClaims(dataSource, new JobSignals());
  expect(await claimAll(claims, claimant(100))).toHaveLength(100);
  expect(await claimAll(claims, claimant(200))).toHaveLength(117);
});

it('gives no job twice to workers that claim at the same time, and leaves none', async () => {
  await addWaiting(20, 20);
  const others = await new DataSource(dataSourceOptions(database.url, 8)).initialize();
  const given: string[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const claims = new JobClaims(others, new JobSignals());
      for (;;) {
        const jobs = await claimAll(claims, claimant(7));
        if (jobs.length === 0) return;
        given.push(...jobs.map(({ id }) => id));
      }
    }),
  );
  await others.destroy();
  expect(given).toHaveLength(400);
  expect(new Set(given).size).toBe(400);
});

it('asks no more often, and still finds what is due, where thousands of clients have nothing for it', async () => {
  await addWaiting(1_000, 2, 'now()', 'test.other');
  await addWaiting(1_000, 2, `now() + interval '1 h'`);
  const claims = new JobClaims(dataSource, new JobSignals());
  const asked = jest.spyOn(dataSource, 'query');
  try {
    expect(await claims.claim(claimant(4))).toEqual({ jobs: [], mayBeMore: false });
    expect(asked).toHaveBeenCalledTimes(2);
    await addWaiting(1, 1);
    asked.mockClear();
    expect((await claims.claim(claimant(4))).jobs).toHaveLength(1);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(3);
  } finally {
    asked.mockRestore();
  }
});

it('comes to a client with one job behind many with nothing due, whoever has thousands', async () => {
  await addWaiting(1, 1);
  await addWaiting(100, 1, 'now()', 'test.other');
  await addWaiting(1, 300, `now() - interval '1 h'`);
  await addWaiting(100, 1, `now() + interval '1 h'`);
  const [{ id: last }] = await dataSource.query<[{ id: string }]>('SELECT max(id::text) AS id FROM client');
  await dataSource.query(
    `UPDATE job SET type = '${TYPE}', run_at = now() - interval '1 s' WHERE client_id = $1`,
    [last],
  );
  const claims = new JobClaims(dataSource, new JobSignals());
  const owners: string[] = [];
  for (let claim = 0; claim < 60; claim += 1)
    owners.push(...(await claims.claim(claimant(1))).jobs.map(({ client_id }) => client_id));
  expect(owners).toHaveLength(60);
  expect(new Set(owners).size).toBe(3);
});

it('passes nobody who has something while it takes nothing', async () => {
  await addWaiting(30, 1);
  const claims = new JobClaims(dataSource, new JobSignals());
  const owners: string[] = [];
  for (let claim = 0; claim < 30; claim += 1) {
    const { jobs } = await claims.claim(claimant(1));
    owners.push(...jobs.map(({ client_id }) => client_id));
    await claims.completeAndClaim(completed(jobs), claimant(0));
  }
  expect(owners).toEqual([...owners].sort());
  expect(new Set(owners).size).toBe(30);
});

it('takes as many of a client as it can among many with nothing due', async () => {
  await addWaiting(50, 1, 'now()', 'test.other');
  await addWaiting(1, 30);
  await addWaiting(50, 1, 'now()', 'test.other');
  const claims = new JobClaims(dataSource, new JobSignals());
  expect((await claims.claim(claimant(10))).jobs).toHaveLength(10);
});

it('gives up for now where others have just taken what is due', async () => {
  await addWaiting(100, 1, 'now()', 'test.other');
  await addWaiting(1, 1);
  const other = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
  const runner = other.createQueryRunner();
  try {
    await runner.startTransaction();
    await runner.query(`SELECT FROM job WHERE type = '${TYPE}' FOR UPDATE`);
    const claims = new JobClaims(dataSource, new JobSignals());
    expect(await claims.claim(claimant(4))).toEqual({ jobs: [], mayBeMore: false });
    await runner.rollbackTransaction();
    expect((await claims.claim(claimant(4))).jobs).toHaveLength(1);
  } finally {
    await runner.release();
    await other.destroy();
  }
});

it('leaves what was put back for later since the statement began', async () => {
  await addWaiting(1, 2);
  const other = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
  const runner = other.createQueryRunner();
  try {
    const claims = new JobClaims(dataSource, new JobSignals());
    const { jobs } = await claims.claim(claimant(1));
    await runner.startTransaction();
    await runner.query('SELECT FROM job WHERE id = $1 FOR NO KEY UPDATE', [jobs[0]!.id]);
    const given = claims.completeAndClaim(completed(jobs), claimant(1));
    await waitFor(
      async () =>
        (await other.query<unknown[]>(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)).length >
        0,
      { what: 'the claim to wait for what it ends' },
    );
    await other.query(`UPDATE job SET attempt = 1, run_at = now() + interval '1 h' WHERE state = 'PENDING'`);
    await runner.commitTransaction();
    expect((await given).jobs).toEqual([]);
  } finally {
    await runner.release();
    await other.destroy();
  }
});

/** Entries of the indexes of jobs that were read meanwhile. */
async function readWhile(work: () => Promise<void>): Promise<number> {
  const read = async (): Promise<number> => {
    await dataSource.query('SELECT pg_stat_force_next_flush()');
    const [row] = await dataSource.query<{ read: string }[]>(
      `SELECT sum(idx_tup_read)::text AS read FROM pg_stat_user_indexes WHERE relname = 'job'`,
    );
    return Number(row!.read);
  };
  const before = await read();
  await work();
  return (await read()) - before;
}

/**
 * Entries of the indexes of jobs that ten completions and claims of two read, where `busy` others are under way, and
 * `others` of another type wait of each client.
 */
async function readBy(clients: number, busy = 0, others = 0): Promise<number> {
  await dataSource.query('DELETE FROM client');
  await addWaiting(1, busy, 'now()', 'test.busy');
  await addWaiting(clients, 5);
  const claims = new JobClaims(dataSource, new JobSignals());
  // After the statistics were made, as it is where jobs run for seconds.
  expect(await claimAll(claims, claimant(busy, 'test.busy'))).toHaveLength(busy);
  await addOthers(others);
  let { jobs } = await claims.claim(claimant(2));
  const next = async (): Promise<void> => {
    expect(jobs).toHaveLength(2);
    ({ jobs } = await claims.completeAndClaim(completed(jobs), claimant(2)));
  };
  // The first ones are planned for their parameters.
  for (let claim = 0; claim < 6; claim += 1) await next();
  return readWhile(async () => {
    for (let claim = 0; claim < 10; claim += 1) await next();
  });
}

it('reads no more of the index for two thousand clients than for a few', async () => {
  const [many, few] = [await readBy(2_000), await readBy(20)];
  expect(many).toBeLessThan(3 * few);
});

it('reads of what is under way only its own, and what the clients have that it looks at', async () => {
  const [idle, busy] = [await readBy(20), await readBy(20, 300)];
  // Reading all of them would be 3,000. Entries of rows that have just changed are read until they are known to be dead.
  expect(busy - idle).toBeLessThan(1_000);
});

it('reads nothing of what waits of other types', async () => {
  const [alone, beside] = [await readBy(20), await readBy(20, 0, 500)];
  expect(beside).toBeLessThan(1.5 * alone);
});

it('reads no more where nothing waited when the statistics were made', async () => {
  const own = await new DataSource(dataSourceOptions(database.url, 1)).initialize();
  const claims = new JobClaims(own, new JobSignals());
  await addWaiting(1, 2_000);
  await dataSource.query(`UPDATE job SET state = 'COMPLETED', finished_at = now(), result = '{}'`);
  await dataSource.query('VACUUM (ANALYZE) job');
  const many = Array.from({ length: 5 }, (_, number) => `${TYPE}.${number}`);
  const asks = { ...claimant(2), types: [TYPE, ...many] };
  for (let claim = 0; claim < 6; claim += 1) expect(await claimAll(claims, asks)).toEqual([]);
  await dataSource.query(
    `WITH owner AS (INSERT INTO client (name) SELECT uuid_v7() FROM generate_series(1, 20) RETURNING id)
     INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at, run_at)
     SELECT uuid_v7(), id, '${TYPE}', '{}', '{}', 3, 3, '{only}', now() + interval '1 day', now()
     FROM owner, generate_series(1, 100)`,
  );
  const read = await readWhile(async () => {
    expect(await claimAll(claims, asks)).toHaveLength(2);
    await own.destroy();
    await setTimeout(500);
  });
  // Each type of each client would be 2,000.
  expect(read).toBeLessThan(2_000);
});

it('a worker outside is given the first of its types, whatever waits of others', async () => {
  await addWaiting(1, 2);
  await addOthers(2_000);
  const [client] = await dataSource.query<{ id: string }[]>('SELECT id FROM client');
  const claims = new JobClaims(dataSource, new JobSignals());
  const read = await readWhile(async () => {
    expect(await claims.claimExternal(client!.id, [TYPE, 'test.none'], 'w', 60)).toMatchObject({
      type: TYPE,
    });
  });
  expect(read).toBeLessThan(50);
});

it('a worker outside is given what is due while another is given something of another type', async () => {
  await addWaiting(1, 1);
  await addOthers(1);
  const [{ client_id }] = await dataSource.query<[{ client_id: string }]>(
    'SELECT client_id FROM job LIMIT 1',
  );
  const other = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
  const runner = other.createQueryRunner();
  try {
    await runner.startTransaction();
    const ask = (source: unknown): Promise<ExternalClaim | null> =>
      new JobClaims(source as DataSource, new JobSignals()).claimExternal(
        client_id,
        [TYPE, 'test.other'],
        'w',
        60,
      );
    const claimed = [await ask(runner.manager), await ask(dataSource)];
    expect(claimed.map((job) => job?.type)).toEqual(['test.other', TYPE]);
    await runner.commitTransaction();
  } finally {
    await runner.release();
    await other.destroy();
  }
});

it('is planned for the first claims of a connection, and then no more', async () => {
  await addWaiting(1, 20_000);
  await dataSource.query('VACUUM (ANALYZE) job');
  const connection = await new DataSource(dataSourceOptions(database.url, 1)).initialize();
  try {
    const claims = new JobClaims(connection, new JobSignals());
    let { jobs } = await claims.claim(claimant(5));
    for (let time = 0; time < 19; time += 1) {
      ({ jobs } = await claims.completeAndClaim(completed(jobs), claimant(5)));
    }
    const plans = await connection.query<unknown[]>(
      `SELECT custom_plans::int, generic_plans::int FROM pg_prepared_statements WHERE name = 'job_claim'`,
    );
    // Postgres compares the first five with the one for all.
    expect(plans).toEqual([{ custom_plans: 5, generic_plans: 15 }]);
  } finally {
    await connection.destroy();
  }
});
