import { randomUUID } from 'node:crypto';
import { IdempotencyKeysService } from '../../src/jobs/idempotency-keys.service';
import { JobsService } from '../../src/jobs/jobs.service';
import { JobState } from '../../src/jobs/job';
import { emptyTestRedis, freePort, waitFor } from '../support/services';
import { testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { TestEngine } from '../support/test-engine';
import { gates, SCRIPTED, ScriptedHandler } from '../support/test-jobs';

let database: TestDatabase;
let redisUrl: string;
let engine: TestEngine;
let client: string;

const start = (variables: NodeJS.ProcessEnv = {}, worker = true): Promise<TestEngine> =>
  TestEngine.start({
    config: testConfig({ databaseUrl: database.url, redisUrl }, variables),
    types: [SCRIPTED],
    handlers: [ScriptedHandler],
    worker,
  });

/** Changes with each new version of the row. */
const versionOf = (id: string): Promise<{ version: string }[]> =>
  engine.database.query('SELECT xmin || ctid::text AS version FROM job WHERE id = $1', [id]);

const running = (id: string): Promise<unknown> =>
  waitFor(async () => (await engine.job(id)).state === JobState.InProgress, { what: `job ${id} to start` });

/** Without the steps between them: one may be over before a heartbeat reports it. */
const changes = async (id: string): Promise<string[]> =>
  (await engine.events(id)).filter((name) => name !== 'progressed');

beforeAll(async () => {
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
  engine = await start();
  client = await engine.client();
});

afterEach(() => gates.release());

afterAll(async () => {
  await engine.stop();
  await database.drop();
});

describe('a job', () => {
  it('is worked on and ends with its result, publishing each change once', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['succeed'] });
    const job = await engine.ended(id);
    expect(job).toMatchObject({
      state: 'COMPLETED',
      result: { attempt: 1 },
      progress: 100,
      step: 2,
      error: null,
    });
    expect(await changes(id)).toEqual(['accepted', 'started', 'completed']);
  });

  it('shows its step and its progress while it runs', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait'] });
    await waitFor(async () => (await engine.job(id)).progress === 50, { what: 'progress' });
    expect(await engine.job(id)).toMatchObject({ state: 'IN_PROGRESS', step: 1 });
    gates.release();
    await engine.ended(id);
    expect(await engine.events(id)).toEqual(['accepted', 'started', 'progressed', 'completed']);
  });

  it('is tried again after a failure', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['fail', 'succeed'] });
    expect(await engine.ended(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, failures: 1 });
    expect(await changes(id)).toEqual(['accepted', 'started', 'retry_scheduled', 'started', 'completed']);
  });

  it('fails for good when its tries are used up, and keeps the detail to the log', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['fail'] });
    const job = await engine.ended(id);
    expect(job).toMatchObject({ state: 'FAILED', attempt: 3, failures: 3, crashes: 0 });
    expect(job.error).toMatchObject({ code: 'internal_error', step: 'second', attempt: 3 });
    expect(JSON.stringify(job.error)).not.toContain('secret');
  });

  it('fails at once when a retry cannot help', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['fail for good'] });
    const job = await engine.ended(id);
    expect(job).toMatchObject({
      state: 'FAILED',
      attempt: 1,
      error: { code: 'invalid_file', retryable: false },
    });
  });

  it('says why it failed for now, and is not tried again too soon', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['fail for now', 'succeed'] });
    await waitFor(async () => (await engine.job(id)).error !== null, { what: 'the first failure' });
    const { state, error, run_at, failures } = await engine.job(id);
    expect({ state, error, failures }).toMatchObject({
      state: 'PENDING',
      error: { code: 'store_full', kind: 'unavailable', retryable: true },
      failures: 0,
    });
    expect(new Date(run_at).getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  it('is ended as poison when it crashes what works on it every time, and its neighbours complete', async () => {
    const poison = await engine.submit(SCRIPTED, client, { attempts: ['crash'] });
    const others = await Promise.all(
      Array.from({ length: 50 }, () => engine.submit(SCRIPTED, client, { attempts: ['succeed'] })),
    );
    expect(await engine.ended(poison.id)).toMatchObject({
      state: 'FAILED',
      crashes: 3,
      failures: 0,
      error: { code: 'poison' },
    });
    for (const { id } of others) expect((await engine.ended(id)).state).toBe('COMPLETED');
  });

  it('ends at its deadline even when its handler hangs', async () => {
    const { id } = await engine.submit({ ...SCRIPTED, deadlineSeconds: 1 }, client, { attempts: ['wait'] });
    expect(await engine.ended(id)).toMatchObject({ state: 'FAILED', error: { code: 'deadline_exceeded' } });
  });
});

describe('cancelling', () => {
  it('stops a running job', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait'] });
    await running(id);
    const asked = await engine.app.get(JobsService).cancel(client, id);
    expect(asked).toMatchObject({ state: 'IN_PROGRESS', cancel_requested_at: expect.any(Date) });
    expect(await engine.ended(id)).toMatchObject({ state: 'CANCELLED', result: null });
    expect(await engine.events(id)).toEqual(expect.arrayContaining(['cancel_requested', 'cancelled']));
  });

  it('has one winner in the race with completion', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait'] });
      await waitFor(() => gates.waiting.length > 0, { what: 'the handler to wait', everyMs: 5 });
      const cancelling = engine.app
        .get(JobsService)
        .cancel(client, id)
        .catch((error: unknown) => error);
      gates.release();
      await cancelling;
      const job = await engine.ended(id);
      const terminal = (await engine.events(id)).filter((name) =>
        ['completed', 'cancelled', 'failed'].includes(name),
      );
      expect(terminal).toEqual([job.state.toLowerCase()]);
      expect(job.result === null).toBe(job.state === JobState.Cancelled);
    }
  });

  it('is refused for a job that has ended otherwise, and repeated for a cancelled one', async () => {
    const done = await engine.submit(SCRIPTED, client, { attempts: ['succeed'] });
    await engine.ended(done.id);
    await expect(engine.app.get(JobsService).cancel(client, done.id)).rejects.toMatchObject({
      kind: 'conflict',
    });
    await expect(engine.app.get(JobsService).cancel(await engine.client(), done.id)).rejects.toMatchObject({
      kind: 'not_found',
    });
  });
});

describe('an idempotency key', () => {
  it('gives one job for 50 requests at once', async () => {
    const key = randomUUID();
    const jobs = await Promise.all(
      Array.from({ length: 50 }, () => engine.submit(SCRIPTED, client, { attempts: ['succeed'] }, key)),
    );
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    expect(await engine.events(jobs[0]!.id)).toContain('accepted');
    expect((await engine.events(jobs[0]!.id)).filter((name) => name === 'accepted')).toHaveLength(1);
  });

  it('is refused with another body, and belongs to its client', async () => {
    const key = randomUUID();
    const first = await engine.submit(SCRIPTED, client, { attempts: ['succeed'] }, key);
    await expect(engine.submit(SCRIPTED, client, { attempts: ['fail'] }, key)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
    const other = await engine.submit(SCRIPTED, await engine.client(), { attempts: ['succeed'] }, key);
    expect(other.id).not.toBe(first.id);
  });

  it('is free again after a day, however many are, and its job stays as it was', async () => {
    const owner = await engine.client();
    const [old, young] = [randomUUID(), randomUUID()];
    const first = await engine.submit(SCRIPTED, owner, { attempts: ['succeed'] }, old);
    const kept = await engine.submit(SCRIPTED, owner, { attempts: ['succeed'] }, young);
    const ended = await engine.ended(first.id);
    const version = await versionOf(first.id);
    await engine.database.query(
      `INSERT INTO idempotency_key (client_id, key, hash, job_id, created_at)
       SELECT $1, 'many ' || n, '', uuid_v7(), now() - interval '30 hours' FROM generate_series(1, 2500) AS n`,
      [owner],
    );
    await engine.database.query(
      `UPDATE idempotency_key SET created_at = now() - interval '24 hours 1 minute' WHERE key = $1`,
      [old],
    );
    await engine.app.get(IdempotencyKeysService).expire(new AbortController().signal);
    const left = await engine.database.query('SELECT key FROM idempotency_key WHERE client_id = $1', [owner]);
    expect(left).toEqual([{ key: young }]);
    expect(await versionOf(first.id)).toEqual(version);
    expect(await engine.job(first.id)).toEqual(ended);
    expect((await engine.submit(SCRIPTED, owner, { attempts: ['succeed'] }, old)).id).not.toBe(first.id);
    expect((await engine.submit(SCRIPTED, owner, { attempts: ['succeed'] }, young)).id).toBe(kept.id);
  });
});

describe('jobs that are submitted at the same time', () => {
  it('are written together, and one that cannot be harms no other', async () => {
    const nobody = randomUUID();
    const owners = [client, nobody, client, client, nobody, client];
    // From the second round on nothing has to be looked up before, and they come to be written in the same moment.
    for (let round = 0; round < 3; round += 1) {
      const submitted = await Promise.allSettled(
        owners.map((owner) => engine.submit(SCRIPTED, owner, { attempts: ['succeed'] })),
      );
      expect(submitted.map(({ status }) => status === 'fulfilled')).toEqual(
        owners.map((owner) => owner === client),
      );
    }
  });

  it('wait for each other in the same order in every process', async () => {
    const other = await start({}, false);
    try {
      for (let round = 0; round < 20; round += 1) {
        const keys = Array.from({ length: 40 }, () => randomUUID());
        const submitAll = (by: TestEngine, inOrder: string[]): Promise<{ id: string }[]> =>
          Promise.all(inOrder.map((key) => by.submit(SCRIPTED, client, { attempts: ['succeed'] }, key)));
        const [ours, theirs] = await Promise.all([
          submitAll(engine, keys),
          submitAll(other, [...keys].reverse()),
        ]);
        expect(theirs.map(({ id }) => id).reverse()).toEqual(ours.map(({ id }) => id));
      }
    } finally {
      await other.stop();
    }
  });
});

describe('without Redis', () => {
  it('accepts jobs and finishes them', async () => {
    const there = redisUrl;
    redisUrl = `redis://127.0.0.1:${await freePort()}`;
    const alone = await start().finally(() => (redisUrl = there));
    try {
      const jobs = await Promise.all(
        Array.from({ length: 20 }, () => alone.submit(SCRIPTED, client, { attempts: ['succeed'] })),
      );
      for (const { id } of jobs) expect((await alone.ended(id)).state).toBe('COMPLETED');
    } finally {
      await alone.stop();
    }
  });
});

describe('shutting down', () => {
  it('gives a job under way back, unfinished and nobody’s failure, and another worker ends it', async () => {
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait', 'succeed'] });
    await running(id);
    await engine.stop();
    engine = await start();
    expect(await engine.ended(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, failures: 0, crashes: 0 });
    expect(await engine.events(id)).toContain('released');
  });
});
