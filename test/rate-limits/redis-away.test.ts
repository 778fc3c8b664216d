import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis } from '../../src/embedded/embedded-redis';
import type { EmbeddedService } from '../../src/embedded/embedded-service';
import { parseIdentity } from '../../src/embedded/process-identity';
import { medianOf, quickestOf } from '../support/durations';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { makeDataDir, removeDataDir } from '../support/test-data-dir';
import { waitFor } from '../support/services';
import { countsInRedis } from './shared-count';

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const REPORTS = '/v1/orders/reports';

let dataDir: string;
let redis: EmbeddedService;
let app: TestApp;

beforeAll(async () => {
  dataDir = makeDataDir();
  redis = await startRedis({ dataDir, durable: false, log: () => undefined });
  app = await TestApp.start({ ROLE: 'api', REDIS_URL: redis.url });
});

afterAll(async () => {
  await signalRedis('SIGCONT');
  await app.stop();
  await redis.stop();
  removeDataDir(dataDir);
});

async function signalRedis(signal: NodeJS.Signals): Promise<void> {
  const identity = parseIdentity(await readFile(join(dataDir, 'redis.process'), 'utf8'));
  process.kill(identity!.pid, signal);
}

interface Timed {
  kind: string;
  took: number;
  status: number;
}

/** Requests of every kind, one after the other on each of four lines, for so long; how long each took, and its status. */
async function traffic(forMs: number): Promise<Timed[]> {
  const seen: Timed[] = [];
  const end = Date.now() + forMs;
  const timed = async (kind: string, method: string, path: string, body?: unknown) => {
    const start = performance.now();
    const answer = await app.call(method, path, { body });
    seen.push({ kind, took: performance.now() - start, status: answer.status });
    return answer;
  };
  const caller = async (): Promise<void> => {
    while (Date.now() < end) {
      const { body } = await timed('submit', 'POST', REPORTS, PERIOD);
      await timed('poll', 'GET', `${REPORTS}/status/${body.id}`);
      await timed('monitor', 'GET', `/v1/jobs/${body.id}`);
      await timed('list', 'GET', REPORTS);
      await timed('cancel', 'DELETE', `/v1/jobs/${body.id}`);
    }
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  return seen;
}

it('says soon that it is ready though Redis is silent, and that Redis is not', async () => {
  await signalRedis('SIGSTOP');
  const ask = () => app.call('GET', '/health/ready', { key: null });
  // A command to Redis is given up after two seconds.
  expect(await quickestOf(5, ask)).toBeLessThan(1_500);
  const { status, body } = await ask();
  const password = Buffer.from(`operator:${ADMIN_KEY}`).toString('base64');
  const readBoard = () =>
    app.call('GET', '/admin/queues/api/queues', {
      key: null,
      headers: { Authorization: `Basic ${password}` },
    });
  expect(await quickestOf(5, readBoard)).toBeLessThan(1_500);
  expect(await readBoard()).toMatchObject({ status: 503, body: { code: 'queues_unavailable' } });
  await signalRedis('SIGCONT');
  expect([status, JSON.stringify(body)]).toEqual([200, expect.stringContaining('redis')]);
});

it('stalls no request for a second when Redis stops answering, and counts on by itself', async () => {
  await countsInRedis(app);
  expect((await traffic(200)).every(({ status }) => status < 300)).toBe(true);
  await countsInRedis(app);
  const before = Number(/r=(\d+)/.exec((await app.call('GET', REPORTS)).headers.get('ratelimit')!)![1]);

  await signalRedis('SIGSTOP');
  const during = await traffic(4_000);
  // Not the slowest: the machine may stand still. But what waits for Redis does so every time.
  for (const kind of ['submit', 'poll', 'monitor', 'list', 'cancel']) {
    const times = during.filter((each) => each.kind === kind).map(({ took }) => took);
    expect([kind, medianOf(times) < 1_000]).toEqual([kind, true]);
  }
  expect(during.filter(({ status }) => status >= 500)).toEqual([]);
  const local = await app.call('GET', REPORTS);
  expect(local.headers.get('ratelimit-policy')).toBe('"other";q=1200;w=60');

  await signalRedis('SIGCONT');
  // The shared count goes on where it was, less what is asked here.
  await waitFor(
    async () => {
      const left = Number(/r=(\d+)/.exec((await app.call('GET', REPORTS)).headers.get('ratelimit')!)![1]);
      return left < before && left > before - 100;
    },
    { what: 'the shared count', everyMs: 200 },
  );
});
