import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { JobOutages } from '../../src/jobs/job-outages';
import type { JobEnd } from '../../src/jobs/job-sql';
import { JobSignals } from '../../src/jobs/job-signals';
import { JobTransitions } from '../../src/jobs/job-transitions';
import { waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';

const OUTAGE_SECONDS = 30;

/** Of processes that do not stop. */
const running = new AbortController().signal;

/** What a process settles outages with, and ends jobs. */
interface Repairs {
  outages: JobOutages;
  transitions: JobTransitions;
}

let database: TestDatabase;
const sources: DataSource[] = [];

const connect = async (connections: number): Promise<DataSource> => {
  const source = await new DataSource(dataSourceOptions(database.url, connections)).initialize();
  sources.push(source);
  return source;
};

const repairs = async (): Promise<Repairs> => {
  const source = await connect(2);
  return { outages: new JobOutages(source), transitions: new JobTransitions(source, new JobSignals()) };
};

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const source of sources.splice(0)) await source.destroy();
  await database.drop();
});

/** Jobs of a few clients that wait, and whose deadline came while the database was away. */
async function addHeld(source: DataSource, jobs: number): Promise<void> {
  await source.query(
    `WITH owner AS (INSERT INTO client (name) SELECT uuid_v7() FROM generate_series(1, 3) RETURNING id)
     INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, created_at, run_at, deadline_at)
     SELECT uuid_v7(), id, 'test.held', '{}', '{}', 3, 3, '{only}', now() - interval '1 h', now() - interval '1 h', now() - interval '5 s'
     FROM owner, generate_series(1, $1::int / 3)`,
    [jobs],
  );
  await source.query(
    `INSERT INTO dependency (name, seen_at) VALUES ('database', now() - make_interval(secs => ${OUTAGE_SECONDS}))`,
  );
}

const outcomes = (source: DataSource): Promise<{ state: string; moved: number; jobs: number }[]> =>
  source.query(
    `SELECT state, round(outage_seconds)::int AS moved, count(*)::int AS jobs FROM job GROUP BY 1, 2 ORDER BY 1, 2`,
  );

/** Changes the waiting job that is settled after so many others, until what it answers is called. */
async function change(source: DataSource, after: number): Promise<() => Promise<void>> {
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  await runner.query(
    `SELECT FROM job WHERE id = (SELECT id FROM job ORDER BY client_id, run_at, id OFFSET ${after} LIMIT 1) FOR NO KEY UPDATE`,
  );
  return async () => {
    await runner.commitTransaction();
    await runner.release();
  };
}

it('is settled by two processes at once, moves each deadline on once, and ends no job', async () => {
  const [one, other, operator] = [await repairs(), await repairs(), await connect(3)];
  await addHeld(operator, 1_200);
  await one.outages.record('database', true);
  const [changedFirst, changedLater] = [await change(operator, 0), await change(operator, 700)];
  let settled = 0;
  const ended: JobEnd[][] = [];
  const repaired = [one, other].map(async ({ outages, transitions }) => {
    await outages.settle([], running);
    settled += 1;
    ended.push(await transitions.endOverdue([]));
  });
  await waitFor(
    async () => {
      const waiting = await operator.query<unknown[]>(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length + settled === 2;
    },
    { what: 'both to settle' },
  );
  await changedFirst();
  await waitFor(() => ended.length > 0, { what: 'one to be done' });
  await changedLater();
  await Promise.all(repaired);
  expect(ended.flat()).toEqual([]);
  // What was being changed is not counted yet, so that its time is not over either.
  expect(await one.transitions.endOverdue([])).toEqual([]);
  await other.outages.settle([], running);
  expect(await one.transitions.endOverdue([])).toEqual([]);
  expect(await outcomes(operator)).toEqual([{ state: 'PENDING', moved: OUTAGE_SECONDS, jobs: 1_200 }]);
  expect(await operator.query('SELECT settled FROM outage')).toEqual([{ settled: true }]);
});

it('is left to the process that is settling it', async () => {
  const [{ outages }, operator] = [await repairs(), await connect(2)];
  await addHeld(operator, 3);
  await outages.record('database', true);
  const settling = operator.createQueryRunner();
  await settling.startTransaction();
  await settling.query('SELECT FROM outage FOR NO KEY UPDATE');
  expect(await outages.settle([], running)).toBe(0);
  await settling.commitTransaction();
  await settling.release();
  expect(await outages.settle([], running)).toBe(3);
});

it('is moved on to its end by a process that another came between', async () => {
  const [source, operator] = [await connect(1), await connect(2)];
  await addHeld(operator, 1_200);
  const outages = new JobOutages(source);
  await outages.record('database', true);
  const other = operator.createQueryRunner();
  const ask = source.query.bind(source);
  let statements = 0;
  const asked = jest.spyOn(source, 'query').mockImplementation(async (...statement) => {
    statements += 1;
    // The first batch has been moved.
    if (statements === 3) {
      await other.startTransaction();
      await other.query('SELECT FROM outage FOR NO KEY UPDATE');
      setTimeout(() => void other.commitTransaction(), 200);
    }
    return ask(...statement);
  });
  expect(await outages.settle([], running)).toBe(1_200);
  asked.mockRestore();
  await other.release();
  expect(await operator.query('SELECT settled FROM outage')).toEqual([{ settled: true }]);
});

it('is moved on no further by a process that stops', async () => {
  const [{ outages }, operator] = [await repairs(), await connect(1)];
  await addHeld(operator, 3);
  await outages.record('database', true);
  expect(await outages.settle([], AbortSignal.abort())).toBe(0);
  expect(await outcomes(operator)).toEqual([{ state: 'PENDING', moved: 0, jobs: 3 }]);
});

/** Entries of the indexes of jobs that are read while an outage is settled that held so many. */
async function readFor(jobs: number): Promise<number> {
  const [{ outages }, source] = [await repairs(), await connect(1)];
  await source.query('TRUNCATE client, dependency, outage CASCADE');
  await addHeld(source, jobs);
  await source.query('VACUUM (ANALYZE) job');
  await outages.record('database', true);
  const read = async (): Promise<number> => {
    const [row] = await source.query<{ read: string }[]>(
      `SELECT sum(idx_tup_read)::text AS read FROM pg_stat_user_indexes WHERE relname = 'job'`,
    );
    return Number(row!.read);
  };
  const before = await read();
  expect(await outages.settle([], running)).toBe(jobs);
  // The statistics of a connection are complete when it has ended.
  await sources.shift()!.destroy();
  await waitFor(async () => (await read()) - before >= jobs, { what: 'the statistics' });
  return (await read()) - before;
}

it('is moved on by batches that each read what comes next', async () => {
  const [few, many] = [await readFor(3_000), await readFor(15_000)];
  // Batches that begin with the first would read the square.
  expect(many).toBeLessThan(8 * few);
});
