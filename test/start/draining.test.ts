import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { EventReader } from '../support/event-reader';
import { RunningProcess } from '../support/running-process';
import { emptyTestRedis, freePort, waitFor } from '../support/services';
import { ADMIN_KEY, DEMO_KEY } from '../support/test-config';
import { makeDataDir, removeDataDir } from '../support/test-data-dir';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

const MAIN = join(__dirname, '../../dist/main.js');
const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01' };

let dataDir: string;
let database: TestDatabase;
let redisUrl: string;
let port: number;
let running: RunningProcess | undefined;

beforeAll(async () => {
  dataDir = makeDataDir();
  database = await createTestDatabase();
  redisUrl = await emptyTestRedis();
});

afterEach(async () => {
  await running?.stop('SIGKILL');
});

afterAll(async () => {
  await database.drop();
  removeDataDir(dataDir);
});

async function start(variables: Record<string, string>): Promise<RunningProcess> {
  port = await freePort();
  running = await RunningProcess.start(process.execPath, [MAIN], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      HOME: dataDir,
      PORT: String(port),
      DATA_DIR: join(dataDir, 'data'),
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
      ADMIN_API_KEY: ADMIN_KEY,
      DEMO_API_KEY: DEMO_KEY,
      ...variables,
    },
  });
  await waitFor(async () => (await ask('/health/ready')).status === 200, { what: 'the process to be ready' });
  return running;
}

const AUTHORIZED = { Authorization: `Bearer ${DEMO_KEY}` };

/** On a connection of its own. */
async function ask(
  path: string,
): Promise<{ status: number | undefined; body: unknown; connection: unknown }> {
  const [response] = (await once(get({ port, path, headers: AUTHORIZED, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  return { status: response.statusCode, body: await json(response), connection: response.headers.connection };
}

/** Whether nobody listens any more. */
const refused = (): Promise<boolean> =>
  ask('/health/live').then(
    () => false,
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  );

interface Call {
  answer: Promise<IncomingMessage>;
  /** Sends more of the body, and its end. */
  end(rest: string): void;
}

/** A request whose body is sent in parts, on a connection that it would keep. */
function post(path: string, type: string, part: string, headers: Record<string, string> = {}): Call {
  const call = request({
    port,
    path,
    method: 'POST',
    agent: new Agent({ keepAlive: true }),
    headers: { ...AUTHORIZED, 'Content-Type': type, ...headers },
  });
  call.write(part);
  const answer = once(call, 'response').then(([response]) => response as IncomingMessage);
  answer.catch(() => undefined);
  return { answer, end: (rest) => call.end(rest) };
}

it('breaks no request: not ready, then no new connections, and what is under way ends', async () => {
  const process_ = await start({ ROLE: 'api', DRAIN_DELAY_SECONDS: '2' });
  let waitEnded = false;
  const wait = post('/v1/orders/reports', 'application/json', '', { Prefer: 'wait=60' });
  wait.end(JSON.stringify(PERIOD));
  void wait.answer.then(() => (waitEnded = true));
  const id = await waitFor(
    async () => ((await ask('/v1/jobs')).body as { data: { id: string }[] }).data[0]?.id,
    {
      what: 'the report to be accepted',
    },
  );
  const stream = await EventReader.open(`http://127.0.0.1:${port}/v1/jobs/${id}/events`);
  await stream.until('accepted');
  const upload = post('/v1/orders/imports', 'text/csv', 'order_number,');
  const report = post('/v1/orders/reports', 'application/json', '{"start_date": "2016-01-01", ');

  process_.signal('SIGTERM');
  await waitFor(async () => (await ask('/health/ready')).status === 503, { what: 'not to be ready' });
  expect(await ask('/health/ready')).toEqual({
    status: 503,
    body: { status: 'draining', database: 'up', redis: 'up', store: 'up' },
    connection: 'close',
  });
  expect(await ask('/v1/jobs')).toMatchObject({ status: 200, connection: 'close' });
  expect([waitEnded, stream.ended]).toEqual([false, false]);

  const waited = await wait.answer;
  expect(waited).toMatchObject({ statusCode: 202, headers: { 'preference-applied': 'wait=50' } });
  expect(await json(waited)).toMatchObject({ id, status: 'PENDING' });
  await stream.end();
  await waitFor(refused, { what: 'no new connections' });
  upload.end('ordered_at\nA-1,2026-11-08\n');
  report.end('"end_date": "2016-02-01"}');
  for (const { answer } of [upload, report]) {
    const response = await answer;
    expect(response).toMatchObject({ statusCode: 202, headers: { connection: 'close' } });
    expect(await text(response)).toContain('"id"');
  }
  expect(await process_.exited()).toBe(0);
  expect(process_.output).not.toMatch(/error|warn/i);
});

it('is not ready as a worker either, and ends when its delay is over', async () => {
  const process_ = await start({ ROLE: 'worker', DRAIN_DELAY_SECONDS: '1' });
  process_.signal('SIGTERM');
  await waitFor(async () => (await ask('/health/ready')).status === 503, { what: 'not to be ready' });
  expect(await process_.exited()).toBe(0);
});

it('says why in its log when it ends on an error that nobody handles', async () => {
  const rejecting = join(dataDir, 'rejecting.cjs');
  writeFileSync(rejecting, `process.on('SIGUSR2', () => void Promise.reject(new Error('of this test')));`);
  const process_ = await start({ ROLE: 'api', NODE_OPTIONS: `--require ${rejecting}` });
  process_.signal('SIGUSR2');
  expect(await process_.exited()).toBe(1);
  const last = JSON.parse(process_.output.trim().split('\n').at(-1) ?? '') as Record<string, string>;
  expect(last).toMatchObject({ level: 'fatal', message: 'unhandledRejection: Error: of this test' });
  expect(last['stack']).toContain('rejecting.cjs');
});

it('ends at once on a second signal', async () => {
  const process_ = await start({ ROLE: 'api', DRAIN_DELAY_SECONDS: '60' });
  process_.signal('SIGTERM');
  await process_.waitForOutput(/SIGTERM: stopping/);
  // What comes within a second may be the first one, passed on once more.
  await waitFor(
    () => {
      process_.signal('SIGTERM');
      return !process_.isRunning;
    },
    { what: 'the end' },
  );
  expect(await process_.exited()).toBe(130);
});
