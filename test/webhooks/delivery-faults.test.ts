import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MortalRedis } from '../support/mortal-redis';
import { RunningProcess } from '../support/running-process';
import { waitFor } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHarness, TestClient } from './callback-harness';
import { answer, Behaviour, TestReceiver } from './test-receiver';

const SETTINGS = {
  CALLBACK_RETRY_SCHEDULE: '1s,1s,1s,1s,1s,1s,1s,1s',
  CALLBACK_TIMEOUT_SECONDS: '1',
  RENDER_CONCURRENCY: '16',
  WEBHOOK_MASTER_KEYS: Buffer.alloc(32, 7).toString('base64'),
};

/** Of workers, while callbacks are under way. */
const KILLS = 4;
/** Submitted before each fault and after the last. */
const CALLBACKS_A_FAULT = 80;
/** So many of them have come when it strikes; the others are waiting, or under way. */
const REQUESTS_BEFORE_A_FAULT = 30;
const CALLBACKS = (KILLS + 1) * CALLBACKS_A_FAULT;

let database: TestDatabase;
let redisServer: MortalRedis;
let redis: { proxy: TcpProxy; url: string };
let harness: CallbackHarness;
let receiver: TestReceiver;
let client: TestClient;
let workers: RunningProcess[] = [];

async function startWorker(settings: NodeJS.ProcessEnv = {}): Promise<RunningProcess> {
  const worker = await RunningProcess.start(
    process.execPath,
    ['--require', './scripts/typescript.cjs', './test/webhooks/callback-worker-process.ts'],
    {
      cwd: join(__dirname, '../..'),
      env: {
        PATH: process.env['PATH'],
        HARNESS_DATABASE_URL: database.url,
        HARNESS_REDIS_URL: redis.url,
        HARNESS_SETTINGS: JSON.stringify({ ...SETTINGS, ...settings, ROLE: 'worker' }),
      },
    },
  );
  workers.push(worker);
  await worker.waitForOutput(/^ready$/m);
  return worker;
}

async function kill(worker: RunningProcess): Promise<void> {
  worker.signal('SIGKILL');
  await worker.exited();
  workers = workers.filter((each) => each !== worker);
}

beforeAll(async () => {
  database = await createTestDatabase();
  redisServer = await MortalRedis.start();
  redis = await TcpProxy.before(redisServer.url);
  harness = await CallbackHarness.start(
    { databaseUrl: database.url, redisUrl: redis.url },
    { ...SETTINGS, ROLE: 'api' },
  );
  receiver = await TestReceiver.start();
  client = await harness.client();
});

afterAll(async () => {
  for (const worker of workers) await kill(worker);
  await receiver.stop();
  await harness.stop();
  await redis.proxy.close();
  await redisServer.stop();
  await database.drop();
});

it('a kill between the 200 of the receiver and our commit gives a second attempt with the same id', async () => {
  // So long that the first attempt does not time out where the machine stands still.
  const longTimeout = { CALLBACK_TIMEOUT_SECONDS: '10' };
  const worker = await startWorker(longTimeout);
  let killed: Promise<void> | undefined;
  receiver.on('/kill', (_received, response) => {
    if (killed) return void response.writeHead(200).end();
    // Frozen before the answer, so that it cannot store what it will never read.
    worker.signal('SIGSTOP');
    response.writeHead(200).end(() => {
      killed = kill(worker);
    });
  });
  const job = await client.submit(receiver.url('/kill'));
  await waitFor(() => killed !== undefined, { what: 'the worker to be killed' });
  await killed;
  expect((await client.deliveries())[0]).toMatchObject({ state: 'DELIVERING', attempt: 1 });
  await startWorker(longTimeout);
  const [leased] = await harness.database.query<unknown[]>(
    `UPDATE delivery SET lease_until = now() WHERE client_id = $1 AND lease_until > now() RETURNING id`,
    [client.id],
  );
  expect(leased).toHaveLength(1);
  await client.allEnded(1);
  expect((await client.deliveries())[0]).toMatchObject({ state: 'DELIVERED', attempt: 2 });
  const received = receiver.at('/kill');
  expect(received).toHaveLength(2);
  expect(
    new Set(received.map(({ headers, digest }) => `${String(headers['webhook-id'])} ${digest}`)).size,
  ).toBe(1);
  expect(JSON.parse(received[1]!.body.toString()).data.id).toBe(job.id);
});

it('hundreds of callbacks to receivers of every kind, while workers and Redis die: none lost, one id and the same bytes', async () => {
  client = await harness.client();
  receiver.ledger.length = 0;
  const accepted = new Set<string>();
  /** Fails three attempts in ten, by chance that can be repeated; what was accepted once stays accepted. */
  const sometimes =
    (fault: Behaviour): Behaviour =>
    (received, response, request) => {
      const id = String(received.headers['webhook-id']);
      const tries = receiver.ledger.filter(({ headers }) => headers['webhook-id'] === id).length;
      const chance = createHash('sha256').update(`${id}${tries}`).digest()[0]!;
      if (!accepted.has(id) && chance < 77) return fault(received, response, request);
      accepted.add(id);
      response.writeHead(204).end();
    };
  const faults: Record<string, Behaviour> = {
    '/works': ({ headers }, response) => {
      accepted.add(String(headers['webhook-id']));
      response.writeHead(204).end();
    },
    '/500': sometimes(answer(500)),
    '/hangs': sometimes(() => undefined),
    '/drips': sometimes(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('X-A: b\r\n'), 100);
      socket.on('close', () => clearInterval(timer));
    }),
    '/resets': sometimes(({ socket }) => socket.resetAndDestroy()),
    '/redirects': sometimes(answer(307, { location: receiver.url('/elsewhere') })),
    '/busy': sometimes(answer(429, { 'retry-after': '1' })),
  };
  for (const [path, behaviour] of Object.entries(faults)) receiver.on(path, behaviour);
  const paths = Object.keys(faults);
  const jobs = new Map<string, string>();
  const submitMore = async (): Promise<void> => {
    const from = jobs.size;
    for (let index = from; index < from + CALLBACKS_A_FAULT; index += 1) {
      const isDead = index % CALLBACKS_A_FAULT === 0;
      // Each a destination of its own, whose attempts do not wait for those of the others.
      const path = isDead ? `/dead/${index}` : paths[index % paths.length]!;
      if (isDead) receiver.on(path, answer(500));
      const { id } = await client.submit(receiver.url(path));
      jobs.set(id, path);
    }
  };
  await startWorker();
  let submitting = Promise.resolve();
  for (let fault = 0; fault < KILLS; fault += 1) {
    const before = receiver.ledger.length;
    submitting = submitting.then(submitMore);
    await waitFor(() => receiver.ledger.length >= before + REQUESTS_BEFORE_A_FAULT, {
      what: `${REQUESTS_BEFORE_A_FAULT} requests since the last fault`,
      timeoutMs: 120_000,
    });
    await kill(workers[0]!);
    if (fault === 1) redis.proxy.cut();
    // All its wake-ups are lost.
    if (fault === 2) await redisServer.killAndRestart();
    await startWorker();
  }
  redis.proxy.hang();
  await submitting.then(submitMore);
  redis.proxy.cut();
  redis.proxy.resume();
  await client.allEnded(CALLBACKS, 500_000);

  const deliveries = await harness.database.query<
    { message_id: string; job_id: string; state: string; failure: string | null; url: string }[]
  >(
    `SELECT d.message_id, d.state, d.failure, d.url, m.job_id FROM delivery d JOIN webhook_message m ON m.id = d.message_id
     WHERE d.client_id = $1`,
    [client.id],
  );
  expect(deliveries).toHaveLength(CALLBACKS);
  expect(new Set(deliveries.map(({ job_id }) => job_id))).toEqual(new Set(jobs.keys()));
  const messages = new Set(deliveries.map(({ message_id }) => message_id));
  const heard = new Set(receiver.ledger.map(({ headers }) => String(headers['webhook-id'])));
  expect([...heard].filter((id) => !messages.has(id))).toEqual([]);
  expect(deliveries.filter(({ message_id }) => !heard.has(message_id))).toEqual([]);
  const bytes = new Map<string, Set<string>>();
  for (const { headers, digest, path } of receiver.ledger) {
    const key = `${String(headers['webhook-id'])} ${path}`;
    bytes.set(key, (bytes.get(key) ?? new Set()).add(digest));
  }
  for (const [key, digests] of bytes) expect([key, digests.size]).toEqual([key, 1]);
  expect(receiver.at('/elsewhere')).toHaveLength(0);
  const unheard = new Set<string>();
  for (const { message_id, state, failure, url } of deliveries) {
    // An acceptance may never have been heard: the machine stood still, or the worker died; and then time was over.
    if (state === 'EXHAUSTED' && accepted.has(message_id) && /^(timeout|interrupted)$/.test(failure ?? '')) {
      unheard.add(message_id);
    }
    const expected = accepted.has(message_id) && !unheard.has(message_id) ? 'DELIVERED' : 'EXHAUSTED';
    expect([url, message_id, state]).toEqual([url, message_id, expected]);
  }
  // Only by the last attempt of a schedule: before it there was time to be heard.
  expect(unheard.size).toBeLessThanOrEqual(KILLS);
  const states = deliveries.map(({ state }) => state);
  console.log(
    `${CALLBACKS} callbacks: ${states.filter((state) => state === 'DELIVERED').length} delivered, ` +
      `${states.filter((state) => state === 'EXHAUSTED').length} exhausted, ${receiver.ledger.length} requests`,
  );
}, 600_000);
