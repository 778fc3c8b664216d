import { getQueueToken } from '@nestjs/bull';
import type { Queue } from 'bull';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { JobsService } from '../../src/jobs/jobs.service';
import { JobClaims } from '../../src/jobs/job-claims';
import { JobTransitions } from '../../src/jobs/job-transitions';
import { JobSignals } from '../../src/jobs/job-signals';
import { JobState } from '../../src/jobs/job';
import { JOBS_QUEUE, JobWakeUps } from '../../src/jobs/job-wake-ups';
import { JobOutages } from '../../src/jobs/job-outages';
import { JobRepairsService } from '../../src/jobs/job-repairs.service';
import type { JobTypeRegistry } from '../../src/jobs/job-type.registry';
import type { StoreHealthService } from '../../src/jobs/store-health.service';
import { medianOf, quickestOf } from '../support/durations';
import { collectWarnings } from '../support/log-lines';
import { emptyTestRedis, waitFor } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { TestEngine } from '../support/test-engine';
import { gates, SCRIPTED, ScriptedHandler } from '../support/test-jobs';

let database: TestDatabase;
let redisUrl: string;
const engines: TestEngine[] = [];

const start = async (
  options: { redis?: string; database?: string; worker?: boolean; variables?: NodeJS.ProcessEnv } = {},
): Promise<TestEngine> => {
  const engine = await TestEngine.start({
    config: testConfig(
      { databaseUrl: options.database ?? database.url, redisUrl: options.redis ?? redisUrl },
      options.variables,
    ),
    types: [SCRIPTED],
    handlers: [ScriptedHandler],
    worker: options.worker ?? true,
    log: [],
  });
  engines.push(engine);
  return engine;
};

const running = (engine: TestEngine, id: string): Promise<unknown> =>
  waitFor(async () => (await engine.job(id)).state === JobState.InProgress, { what: `job ${id} to start` });

beforeEach(async () => {
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
});

afterEach(async () => {
  gates.release();
  for (const engine of engines.splice(0)) await engine.stop();
  await database.drop();
});

describe('fairness', () => {
  it('lets a client’s 10,000 jobs delay another’s single one by no more than one job per slot', async () => {
    const slots = 2;
    const engine = await start({ variables: { JOB_CONCURRENCY: String(slots) } });
    const [busy, other] = [await engine.client(), await engine.client()];
    await engine.database.query(
      `WITH changed AS (
         INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
         SELECT uuid_v7(), $1, 'test.scripted', '{}', '{"attempts": ["succeed"]}', 3, 3, '{first,second}', now() + interval '1 h'
         FROM generate_series(1, 10000) RETURNING *
       ) SELECT count(*) FROM changed`,
      [busy],
    );
    await waitFor(async () => (await engine.countEvents(busy, 'started')) > 20, {
      what: 'the busy client’s jobs to run',
    });
    for (let round = 0; round < 10; round += 1) {
      const { id } = await engine.submit(SCRIPTED, other, { attempts: ['succeed'] });
      const [accepted] = await engine.database.query<{ at: string }[]>(
        'SELECT clock_timestamp()::text AS at',
      );
      await engine.ended(id);
      const [row] = await engine.database.query<{ before: number; left: number }[]>(
        `SELECT count(*) FILTER (WHERE e.occurred_at BETWEEN $3 AND started.occurred_at)::int AS before,
           (SELECT count(*)::int FROM job WHERE client_id = $2 AND state = 'PENDING') AS left
         FROM job_event e, job_event started
         WHERE e.client_id = $2 AND e.type = 'test.scripted.started'
           AND started.job_id = $1 AND started.type = 'test.scripted.started'`,
        [id, busy, accepted!.at],
      );
      expect(row!.left).toBeGreaterThan(1_000);
      expect(row!.before).toBeLessThanOrEqual(slots);
    }
  });
});

describe('Redis', () => {
  it('that hangs does not hold up a submission, and jobs finish', async () => {
    const { proxy, url } = await TcpProxy.before(redisUrl);
    const engine = await start({ redis: url });
    const client = await engine.client();
    await engine.ended((await engine.submit(SCRIPTED, client, { attempts: ['succeed'] })).id);
    proxy.hang();
    const jobs: { id: string }[] = [];
    const submission = async (): Promise<void> =>
      void jobs.push(await engine.submit(SCRIPTED, client, { attempts: ['succeed'] }));
    // A command to Redis is given up after two seconds.
    expect(await quickestOf(5, () => Promise.all([1, 2, 3, 4].map(submission)))).toBeLessThan(1_500);
    for (const { id } of jobs) expect((await engine.ended(id)).state).toBe('COMPLETED');
    proxy.resume();
    const queue = engine.app.get<Queue>(getQueueToken(JOBS_QUEUE));
    await waitFor(() => queue.client.ping(), { what: 'Redis to answer again' });
    await engine.stop();
    engines.pop();
    await proxy.close();
  });

  it('that comes only later is used then', async () => {
    const { proxy, url } = await TcpProxy.before(redisUrl);
    const { port } = proxy;
    await proxy.close();
    const engine = await start({ redis: url });
    const client = await engine.client();
    await engine.ended((await engine.submit(SCRIPTED, client, { attempts: ['succeed'] })).id);

    const { hostname, port: redisPort } = new URL(redisUrl);
    const later = await waitFor(() => TcpProxy.to(hostname, Number(redisPort), port), { what: 'the port' });
    const queue = engine.app.get<Queue>(getQueueToken(JOBS_QUEUE));
    await waitFor(() => queue.client.status === 'ready', { what: 'the connection' });
    // Wake-ups arrive when one that came from elsewhere is taken.
    await queue.add({}, { removeOnComplete: true });
    await waitFor(async () => (await queue.getJobCounts()).waiting === 0, {
      what: 'a worker to take a wake-up',
    });
    await engine.stop();
    engines.pop();
    await later.close();
  });

  it('that forgets everything, again and again, loses no job', async () => {
    const engine = await start();
    const client = await engine.client();
    const queue = engine.app.get<Queue>(getQueueToken(JOBS_QUEUE));
    const jobs = [];
    for (let round = 0; round < 10; round += 1) {
      for (let one = 0; one < 5; one += 1)
        jobs.push(await engine.submit(SCRIPTED, client, { attempts: ['fail', 'succeed'] }));
      await queue.client.flushdb();
    }
    for (const { id } of jobs) expect((await engine.ended(id)).state).toBe('COMPLETED');
  });

  it('that takes a wake-up’s lock away makes no second result', async () => {
    const engine = await start();
    const client = await engine.client();
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait'] });
    await running(engine, id);
    const queue = engine.app.get<Queue>(getQueueToken(JOBS_QUEUE));
    // What a refused renewal comes to: the lock is gone, and the wake-up goes to whoever asks next.
    const locks = await queue.client.keys('*:lock');
    if (locks.length > 0) await queue.client.del(...locks);
    await queue.add({}, { removeOnComplete: true });
    await waitFor(async () => (await queue.getJobCounts()).waiting === 0, {
      what: 'the second wake-up to be taken',
    });
    gates.release();
    expect(await engine.ended(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 });
    const changes = (await engine.events(id)).filter((name) => name !== 'progressed');
    expect(changes).toEqual(['accepted', 'started', 'completed']);
  });
});

describe('Postgres', () => {
  it('that cuts every connection, again and again, loses no job and kills no process', async () => {
    const { proxy, url } = await TcpProxy.before(database.url);
    const engine = await start({ database: url });
    const client = await engine.client();
    const ids: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      for (let one = 0; one < 5; one += 1) {
        const submitted = await engine
          .submit(SCRIPTED, client, { attempts: ['succeed'] })
          .catch(() => undefined);
        if (submitted !== undefined) ids.push(submitted.id);
      }
      proxy.cut();
    }
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect((await engine.ended(id)).state).toBe('COMPLETED');
    await engine.stop();
    engines.pop();
    await proxy.close();
  });

  it('that is away when the work is done gets the result when it is back', async () => {
    const { proxy, url } = await TcpProxy.before(database.url);
    const engine = await start({ database: url });
    const client = await engine.client();
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait'] });
    // Not only in the database: else its claim may be cut off.
    await waitFor(() => gates.waiting.length === 1, { what: 'the attempt to wait' });
    const { port } = proxy;
    await proxy.close();
    gates.release();
    const back = await waitFor(
      () => TcpProxy.to(new URL(database.url).hostname, Number(new URL(database.url).port), port),
      {
        what: 'the port',
      },
    );
    expect(await engine.ended(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, crashes: 0 });
    await engine.stop();
    engines.pop();
    await back.close();
  });
});

describe('an outage of Postgres', () => {
  it('is none while repairs take long', async () => {
    const engine = await start({ worker: false });
    const operator = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
    const locking = operator.createQueryRunner();
    await locking.startTransaction();
    await locking.query('LOCK TABLE job IN EXCLUSIVE MODE');
    const sight = (after: string): Promise<{ at: string }[]> =>
      operator.query(
        `SELECT seen_at::text AS at FROM dependency WHERE name = 'database' AND seen_at > $1::timestamptz
           AND EXISTS (SELECT FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE job %')`,
        [after],
      );
    const first = await waitFor(async () => (await sight('-infinity'))[0], { what: 'repairs to wait' });
    const second = await waitFor(async () => (await sight(first.at))[0], { what: 'the next sight' });
    await waitFor(async () => (await sight(second.at))[0], { what: 'another' });
    await locking.commitTransaction();
    await locking.release();
    expect(await operator.query('SELECT FROM outage')).toEqual([]);
    await operator.destroy();
    await engine.stop();
    engines.pop();
  });

  it('that outlives every lease is no crash of a job', async () => {
    const { proxy, url } = await TcpProxy.before(database.url);
    const engine = await start({ database: url, variables: { JOB_LEASE_SECONDS: '3' } });
    const direct = await new DataSource(dataSourceOptions(database.url, 2)).initialize();
    const client = await engine.client();
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait', 'succeed'] });
    await waitFor(() => gates.waiting.length === 1, { what: 'the attempt to wait' });
    await waitFor(async () => (await direct.query<unknown[]>('SELECT FROM dependency')).length > 0, {
      what: 'a first heartbeat',
    });
    const { port } = proxy;
    await proxy.close();
    await waitFor(
      async () => {
        const [row] = await direct.query<{ away: boolean }[]>(
          `SELECT seen_at < now() - interval '7 s' AS away FROM dependency WHERE name = 'database'`,
        );
        return row!.away;
      },
      { what: 'an outage' },
    );
    const { hostname, port: target } = new URL(database.url);
    const again = await TcpProxy.to(hostname, Number(target), port);
    const job = await engine.ended(id);
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2, failures: 0, crashes: 0 });
    const outage = await waitFor(
      async () => (await direct.query<unknown[]>('SELECT dependency, survived FROM outage WHERE settled'))[0],
      { what: 'the outage to be counted' },
    );
    expect(outage).toEqual({ dependency: 'database', survived: true });
    await direct.destroy();
    await engine.stop();
    engines.pop();
    await again.close();
  });
});

describe('a crash between commit and answer', () => {
  it('gives the same job to whoever asks again with the same key', async () => {
    const key = randomUUID();
    const { proxy, url } = await TcpProxy.before(database.url);
    const first = await start({ database: url, worker: false });
    const client = await first.client();
    // The statement reaches Postgres, its answer does not reach us.
    proxy.swallowAnswersTo('INSERT INTO job');
    const unanswered = first
      .submit(SCRIPTED, client, { attempts: ['succeed'] }, key)
      .catch(() => 'no answer');
    const second = await start();
    const [row] = await waitFor(
      async () => {
        const rows = await second.database.query<{ id: string }[]>(
          'SELECT job_id AS id FROM idempotency_key WHERE key = $1',
          [key],
        );
        return rows.length > 0 && rows;
      },
      { what: 'the commit' },
    );
    proxy.cut();
    expect(await unanswered).toBe('no answer');
    const again = await second.submit(SCRIPTED, client, { attempts: ['succeed'] }, key);
    expect(again.id).toBe(row!.id);
    expect((await second.ended(again.id)).state).toBe('COMPLETED');
    await first.stop();
    engines.shift();
    await proxy.close();
  });

  it('and another, when it is asked what became of the first, lose no job that was given meanwhile', async () => {
    const { proxy, url } = await TcpProxy.before(database.url);
    const engine = await start({ database: url, variables: { JOB_CONCURRENCY: '1' } });
    const operator = await new DataSource(dataSourceOptions(database.url, 1)).initialize();
    const client = await engine.client();
    const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait'] });
    await waitFor(() => gates.waiting.length === 1, { what: 'the attempt to wait' });
    const next = await engine.submit(SCRIPTED, client, { attempts: ['succeed'] });
    const isIt = async (sql: string): Promise<boolean> => (await operator.query<unknown[]>(sql)).length > 0;

    // Its end is stored, and its slot is given the next one: neither is heard of.
    proxy.swallowAnswersTo('job_claim');
    gates.release();
    await waitFor(() => isIt(`SELECT FROM job WHERE id = '${id}' AND state = 'COMPLETED'`), {
      what: 'the end to be stored',
    });
    proxy.cut();
    // Stored once more: it had ended, and whether it was cancelled is asked.
    proxy.swallowAnswersTo(`UPDATE job SET state = 'CANCELLED'`);
    await waitFor(
      () =>
        isIt(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
          AND query LIKE '%UPDATE job SET state = ''CANCELLED''%'`),
      { what: 'it to be asked' },
    );
    proxy.cut();
    expect((await engine.ended(next.id)).state).toBe('COMPLETED');
    await operator.destroy();
    await engine.stop();
    engines.pop();
    await proxy.close();
  });
});

describe('suspects', () => {
  it('run alone', async () => {
    const engine = await start({ variables: { JOB_CONCURRENCY: '4' } });
    const client = await engine.client();
    const suspect = await engine.submit(SCRIPTED, client, { attempts: ['crash', 'wait'] });
    await waitFor(async () => (await engine.job(suspect.id)).crashes === 1, { what: 'the first crash' });
    const others = await Promise.all(
      Array.from({ length: 8 }, () => engine.submit(SCRIPTED, client, { attempts: ['wait'] })),
    );
    for (;;) {
      await waitFor(() => gates.waiting.length > 0, { what: 'an attempt' });
      if ((await engine.job(suspect.id)).state === JobState.InProgress) break;
      gates.release();
    }
    const [row] = await engine.database.query<{ jobs: number }[]>(
      `SELECT count(*)::int AS jobs FROM job WHERE state = 'IN_PROGRESS'`,
    );
    expect(row!.jobs).toBe(1);
    const done = setInterval(() => gates.release(), 20);
    for (const { id } of [suspect, ...others]) expect((await engine.ended(id)).state).toBe('COMPLETED');
    clearInterval(done);
  });
});

describe('heartbeats', () => {
  it('wait for no job that is being changed, and keep the others', async () => {
    const engine = await start({ worker: false });
    const client = await engine.client();
    const jobs = await Promise.all(
      [1, 2].map(() => engine.submit(SCRIPTED, client, { attempts: ['succeed'] })),
    );
    expect(
      await engine.app
        .get(JobClaims)
        .claim({ types: [SCRIPTED.name], worker: 'w', leaseSeconds: 30, alone: true, most: 2 }),
    ).toMatchObject({ jobs: [{}, {}] });
    const changing = engine.database.createQueryRunner();
    await changing.startTransaction();
    await changing.query('UPDATE job SET size = 1 WHERE id = $1', [jobs[0]!.id]);
    const reports = jobs.map(({ id }) => ({ jobId: id, attempt: 1, step: 1, progress: 50, size: null }));
    const kept = await engine.app.get(JobTransitions).heartbeat(reports, 30);
    expect(kept).toHaveLength(2);
    await changing.commitTransaction();
    await changing.release();
    expect((await Promise.all(jobs.map(({ id }) => engine.job(id)))).map(({ step }) => step)).toEqual([0, 1]);
  });
});

describe('completions', () => {
  it('that come together with one that cannot be stored are stored', async () => {
    const engine = await start({ variables: { JOB_CONCURRENCY: '6' } });
    const client = await engine.client();
    const attempts = ['wait', 'wait', 'wait for what cannot be stored', 'wait', 'wait'] as const;
    const jobs = await Promise.all(
      attempts.map((what) => engine.submit(SCRIPTED, client, { attempts: [what, 'fail for good'] })),
    );
    await waitFor(() => gates.waiting.length === attempts.length, { what: 'all to be under way' });
    gates.release();
    const ends = await Promise.all(jobs.map(({ id }) => engine.ended(id)));
    expect(ends.map(({ state }) => state)).toEqual([
      'COMPLETED',
      'COMPLETED',
      'FAILED',
      'COMPLETED',
      'COMPLETED',
    ]);
    expect(ends.map(({ attempt }) => attempt)).toEqual([1, 1, 2, 1, 1]);
  });
});

describe('deadlines', () => {
  it('end jobs that nobody works on', async () => {
    const engine = await start({ worker: false });
    const client = await engine.client();
    const jobs = await Promise.all(
      Array.from({ length: 20 }, () =>
        engine.submit({ ...SCRIPTED, deadlineSeconds: 1 }, client, { attempts: ['succeed'] }),
      ),
    );
    await waitFor(
      async () => {
        const rows = await engine.database.query<{ unfinished: number }[]>(
          'SELECT count(*)::int AS unfinished FROM job WHERE finished_at IS NULL',
        );
        return rows[0]?.unfinished === 0;
      },
      { what: `${jobs.length} jobs to end` },
    );
  });

  it('end them in one round, however many', async () => {
    const dataSource = await new DataSource(dataSourceOptions(database.url, 1)).initialize();
    await dataSource.query(
      `WITH owner AS (INSERT INTO client (name) VALUES ('late') RETURNING id), changed AS (
         INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
         SELECT uuid_v7(), owner.id, 'test.scripted', '{}', '{}', 3, 3, '{first,second}', now() - interval '1 s'
         FROM owner, generate_series(1, 1200) RETURNING *
       ) SELECT count(*) FROM changed`,
    );
    const repairs = new JobRepairsService(
      new JobOutages(dataSource),
      new JobTransitions(dataSource, new JobSignals()),
      { storeTypes: [] as string[] } as JobTypeRegistry,
      { isUp: true } as StoreHealthService,
      { send: () => undefined } as JobWakeUps,
    );
    const ended = (): Promise<unknown> =>
      dataSource.query('SELECT state, count(*)::int AS jobs FROM job GROUP BY 1');
    await repairs.run(AbortSignal.abort());
    expect(await ended()).toEqual([{ state: 'PENDING', jobs: 1_200 }]);
    await repairs.run(new AbortController().signal);
    expect(await ended()).toEqual([{ state: 'FAILED', jobs: 1_200 }]);
    await dataSource.destroy();
  });

  it('bound the lease of a worker that hangs', async () => {
    const engine = await start({ worker: false });
    const client = await engine.client();
    const { id } = await engine.submit({ ...SCRIPTED, deadlineSeconds: 20 }, client, { attempts: ['wait'] });
    const claimed = await engine.app
      .get(JobClaims)
      .claim({ types: [SCRIPTED.name], worker: 'hangs', leaseSeconds: 3_600, alone: true, most: 1 });
    expect(claimed).toMatchObject({ jobs: [{ id }] });
    const [row] = await engine.database.query<{ after: number }[]>(
      'SELECT extract(epoch FROM lease_until - deadline_at)::float8 AS after FROM job WHERE id = $1',
      [id],
    );
    expect(row!.after).toBeLessThanOrEqual(5);
    const warnings = collectWarnings();
    // The clock goes on.
    await engine.database.query(
      `UPDATE job SET deadline_at = deadline_at - interval '26 s', lease_until = lease_until - interval '26 s',
         request_id = 'request-of-this-test'
       WHERE id = $1`,
      [id],
    );
    expect(await engine.ended(id)).toMatchObject({ state: 'FAILED', error: { code: 'deadline_exceeded' } });
    await waitFor(() => warnings.lines.length > 0, { what: 'the line of its log' });
    warnings.restore();
    expect(warnings.lines).toEqual([
      {
        message: `Job ${id}: its attempt was taken back from a worker that stopped.`,
        job_id: id,
        request_id: 'request-of-this-test',
      },
    ]);
  });
});

describe('cancelling from another process', () => {
  it('stops a running job soon', async () => {
    const worker = await start();
    const api = await start({ worker: false });
    const client = await api.client();
    const delays: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const { id } = await api.submit(SCRIPTED, client, { attempts: ['wait'] });
      await running(worker, id);
      const from = performance.now();
      await api.app.get(JobsService).cancel(client, id);
      await waitFor(async () => (await api.job(id)).state === JobState.Cancelled, {
        what: 'the end',
        everyMs: 5,
      });
      delays.push(performance.now() - from);
    }
    // Long before the lease would be renewed, which reports it too.
    expect(medianOf(delays)).toBeLessThan(3_000);
  });

  it('answers with what the job has become, also when that happens at the same moment', async () => {
    const engine = await start({ worker: false });
    const client = await engine.client();
    for (let round = 0; round < 30; round += 1) {
      const { id } = await engine.submit(SCRIPTED, client, { attempts: ['succeed'] });
      expect(
        await engine.app
          .get(JobClaims)
          .claim({ types: [SCRIPTED.name], worker: 'w', leaseSeconds: 30, alone: true, most: 1 }),
      ).toMatchObject({ jobs: [{ id }] });
      const [completed, cancelled] = await Promise.all([
        engine.app
          .get(JobTransitions)
          .complete({ jobId: id, attempt: 1, result: { attempt: 1 }, size: null, retentionDays: null }),
        engine.app.get(JobTransitions).cancel(client, id),
      ]);
      expect(cancelled!.state).toBe(completed === null ? 'IN_PROGRESS' : 'COMPLETED');
      expect(cancelled!.cancel_requested_at === null).toBe(completed !== null);
    }
  });
});
