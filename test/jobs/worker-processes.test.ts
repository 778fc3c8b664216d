import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobState } from '../../src/jobs/job';
import { RunningProcess } from '../support/running-process';
import { emptyTestRedis, waitFor } from '../support/services';
import { testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { TestEngine } from '../support/test-engine';
import { SCRIPTED, ScriptedHandler } from '../support/test-jobs';

/** The workers are processes of their own, with a lease short enough to wait for, and longer than a machine stands still. */
const LEASE_SECONDS = 8;

let database: TestDatabase;
let redisUrl: string;
let engine: TestEngine;
let client: string;
let folder: string;
const workers: RunningProcess[] = [];

async function worker(leaseSeconds = LEASE_SECONDS): Promise<RunningProcess> {
  const root = join(__dirname, '../..');
  const process_ = await RunningProcess.start(
    process.execPath,
    ['--require', './scripts/typescript.cjs', './test/support/engine-process.ts'],
    {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        ENGINE_DATABASE_URL: database.url,
        ENGINE_REDIS_URL: redisUrl,
        JOB_LEASE_SECONDS: String(leaseSeconds),
      },
    },
  );
  workers.push(process_);
  await process_.waitForOutput(/^ready$/m);
  return process_;
}

const started = (id: string, attempt: number): Promise<unknown> =>
  waitFor(
    async () => {
      const job = await engine.job(id);
      return job.state === JobState.InProgress && job.attempt === attempt;
    },
    { what: `attempt ${attempt} of job ${id}` },
  );

beforeAll(async () => {
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
  folder = mkdtempSync(join(tmpdir(), 'order-reports-test-gates-'));
  // Submits and looks; the work is done by the processes.
  engine = await TestEngine.start({
    config: testConfig({ databaseUrl: database.url, redisUrl }),
    types: [SCRIPTED],
    handlers: [ScriptedHandler],
    worker: false,
  });
  client = await engine.client();
});

afterEach(async () => {
  for (const process_ of workers.splice(0)) {
    process_.signal('SIGKILL');
    await process_.exited();
  }
});

afterAll(async () => {
  await engine.stop();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

it('lets a worker that was frozen past its lease change nothing', async () => {
  const stale = await worker();
  const gate = join(folder, 'stale');
  const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait for the gate', 'succeed'], gate });
  await started(id, 1);
  stale.signal('SIGSTOP');
  await worker();
  const job = await engine.ended(id);
  expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1, result: { attempt: 2 } });
  const events = await engine.events(id);

  // Its work ends as soon as it goes on, and it has a result.
  writeFileSync(gate, '');
  stale.signal('SIGCONT');
  await stale.waitForOutput(/its lease was lost/);
  expect(await engine.job(id)).toEqual(job);
  expect(await engine.events(id)).toEqual(events);
});

it('has the job of a killed worker claimed again when its lease is over, with the lease that is the default', async () => {
  const killed = await worker(30);
  const gate = join(folder, 'killed');
  const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait for the gate', 'succeed'], gate });
  await started(id, 1);
  await worker(30);
  killed.signal('SIGKILL');
  await killed.exited();
  const [lease] = await engine.database.query<{ end: Date }[]>(
    'SELECT lease_until AS end FROM job WHERE id = $1',
    [id],
  );
  const job = await engine.ended(id, 90_000);
  expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1 });
  expect(job.finished_at!.getTime()).toBeGreaterThanOrEqual(lease!.end.getTime());
});

it('exits soon after SIGTERM while a handler hangs, and gives its job back', async () => {
  const hung = await worker(30);
  const gate = join(folder, 'hung');
  const { id } = await engine.submit(SCRIPTED, client, { attempts: ['wait for the gate', 'succeed'], gate });
  await started(id, 1);
  expect(await hung.stop('SIGTERM')).toBe(0);
  expect(await engine.job(id)).toMatchObject({ state: 'PENDING', attempt: 1, failures: 0, crashes: 0 });
  await worker();
  expect(await engine.ended(id)).toMatchObject({ state: 'COMPLETED', attempt: 2 });
});
