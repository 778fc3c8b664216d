import { Injectable } from '@nestjs/common';
import { Scope } from '../../src/clients/scope';
import { JobState } from '../../src/jobs/job';
import { JobsService } from '../../src/jobs/jobs.service';
import { defineJobType, HandlesJob } from '../../src/jobs/job-type';
import { emptyTestRedis, waitFor } from '../support/services';
import { testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { TestEngine } from '../support/test-engine';
import { gates, SCRIPTED, ScriptedHandler, ScriptParameters, ScriptResult } from '../support/test-jobs';

/** Jobs that do little but wait for others: what they take of a worker that has one slot. */
const WAITING = defineJobType<ScriptParameters, ScriptResult>({
  name: 'test.waiting',
  steps: ['first', 'second'],
  scope: Scope.Reports,
  waits: true,
});

@Injectable()
@HandlesJob(WAITING)
class WaitingHandler extends ScriptedHandler {}

let database: TestDatabase;
let redisUrl: string;
let reader: TestEngine;
let client: string;

const start = (worker: boolean): Promise<TestEngine> =>
  TestEngine.start({
    config: testConfig({ databaseUrl: database.url, redisUrl }, { JOB_CONCURRENCY: '1' }),
    types: [SCRIPTED, WAITING],
    handlers: [ScriptedHandler, WaitingHandler],
    worker,
  });

const waiting = (): Promise<{ id: string }> => reader.submit(WAITING, client, { attempts: ['wait'] });

/** How many jobs are in a state. */
const count = async (state: string): Promise<number> => {
  const rows = await reader.database.query<{ jobs: number }[]>(
    'SELECT count(*)::int AS jobs FROM job WHERE client_id = $1 AND state = $2',
    [client, state],
  );
  return rows[0]!.jobs;
};

const underWay = (jobs: number): Promise<unknown> =>
  waitFor(async () => (await count('IN_PROGRESS')) === jobs, { what: `${jobs} jobs to be under way` });

beforeAll(async () => {
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
  reader = await start(false);
});

beforeEach(async () => {
  client = await reader.client();
});

afterAll(async () => {
  await reader.stop();
  await database.drop();
});

it('take no slot, and are 32 of a worker at most', async () => {
  const worker = await start(true);
  try {
    for (let job = 0; job < 33; job += 1) await waiting();
    await underWay(32);
    const other = await reader.submit(SCRIPTED, client, { attempts: ['succeed'] });
    expect((await reader.ended(other.id)).state).toBe('COMPLETED');
    expect([await count('IN_PROGRESS'), await count('PENDING')]).toEqual([32, 1]);
    await waitFor(
      async () => {
        gates.release();
        return (await count('COMPLETED')) === 34;
      },
      { what: 'all to end' },
    );
  } finally {
    gates.release();
    await worker.stop();
  }
});

it('keep no slot empty after they were there when a worker crashed', async () => {
  const worker = await start(true);
  try {
    const { id } = await waiting();
    await underWay(1);
    await reader.database.query(
      `UPDATE job SET state = 'PENDING', lease_owner = NULL, lease_until = NULL, crashes = 1 WHERE id = $1`,
      [id],
    );
    await waitFor(async () => (await reader.job(id)).attempt === 2, { what: 'the next attempt' });
    const other = await reader.submit(SCRIPTED, client, { attempts: ['succeed'] });
    expect((await reader.ended(other.id)).state).toBe('COMPLETED');
    expect((await reader.job(id)).state).toBe('IN_PROGRESS');
  } finally {
    gates.release();
    await worker.stop();
  }
});

it('are given back when their worker begins to stop, and what has a slot may end', async () => {
  const worker = await start(true);
  const [one, inSlot] = [await waiting(), await reader.submit(SCRIPTED, client, { attempts: ['wait'] })];
  await underWay(2);
  const stopped = worker.stop();
  await waitFor(async () => (await reader.job(one.id)).state === JobState.Pending, {
    what: 'it to be given back',
  });
  gates.release();
  await stopped;
  expect((await reader.job(inSlot.id)).state).toBe('COMPLETED');
  const another = await start(true);
  try {
    await waitFor(
      async () => {
        gates.release();
        return (await reader.job(one.id)).state === JobState.Completed;
      },
      { what: 'another worker to go on' },
    );
  } finally {
    await another.stop();
  }
});

it('end no worker when the job that followed one of them is followed by none', async () => {
  const rejected: unknown[] = [];
  const note = (reason: unknown): void => void rejected.push(reason);
  process.on('unhandledRejection', note);
  const { database: source } = reader;
  const worker = await start(true);
  const waits = (attempts: number): Promise<unknown> =>
    waitFor(() => gates.waiting.length === attempts, { what: `${attempts} attempts to wait` });
  try {
    const first = await waiting();
    await waits(1);
    await waiting();
    await waits(2);
    await reader.submit(SCRIPTED, client, { attempts: ['wait'] });
    await waits(3);
    const [endFirst, endSecond, endInSlot] = gates.waiting.splice(0);
    // While the end of the first is being stored, the second ends, and then what has the slot: one statement stores both
    // ends, and gives the slot's next job to the one that came first.
    const changing = source.createQueryRunner();
    await changing.startTransaction();
    await changing.query('SELECT FROM job WHERE id = $1 FOR UPDATE', [first.id]);
    endFirst!();
    await waitFor(
      async () => {
        const rows = await source.query<unknown[]>(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      },
      { what: 'the end of the first to be stored' },
    );
    endSecond!();
    endInSlot!();
    const next = await reader.submit(SCRIPTED, client, { attempts: ['wait'] });
    await changing.commitTransaction();
    await changing.release();
    await waits(1);
    await source.query(`
      CREATE SEQUENCE refused_claims;
      CREATE FUNCTION refuse_claims() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM nextval('refused_claims'); RAISE 'No claim now.'; END $$;
      CREATE TRIGGER refuse_claims BEFORE UPDATE ON job FOR EACH ROW
        WHEN (NEW.state = 'IN_PROGRESS' AND OLD.state = 'PENDING') EXECUTE FUNCTION refuse_claims();
    `);
    const last = await reader.submit(SCRIPTED, client, { attempts: ['succeed'] });
    await reader.app.get(JobsService).cancel(client, next.id);
    await waitFor(
      async () => (await source.query<unknown[]>('SELECT FROM refused_claims WHERE is_called')).length > 0,
      { what: 'a claim that is refused' },
    );
    await source.query('DROP FUNCTION refuse_claims CASCADE; DROP SEQUENCE refused_claims');
    expect((await reader.ended(last.id)).state).toBe('COMPLETED');
    expect(rejected).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
    gates.release();
    await worker.stop();
  }
});
