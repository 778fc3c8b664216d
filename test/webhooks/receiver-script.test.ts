import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningProcess } from '../support/running-process';
import { emptyTestRedis, freePort, waitFor } from '../support/services';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { CallbackHarness, TestClient } from './callback-harness';

const ROOT = join(__dirname, '../..');

let database: TestDatabase;
let harness: CallbackHarness;
let client: TestClient;
let receiver: RunningProcess | undefined;
let port: number;

const start = async (secret: string): Promise<RunningProcess> => {
  receiver = await RunningProcess.start(process.execPath, ['scripts/receiver.mjs'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: String(port), WEBHOOK_SECRET: secret },
  });
  await receiver.waitForOutput(/Callbacks are received/);
  return receiver;
};

beforeAll(async () => {
  database = await createTestDatabase();
  harness = await CallbackHarness.start({ databaseUrl: database.url, redisUrl: await emptyTestRedis() });
  client = await harness.client();
  port = await freePort();
});

afterEach(() => receiver?.stop());

afterAll(async () => {
  await harness.stop();
  await database.drop();
});

it('is what `npm run receiver` runs', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(scripts['receiver']).toBe('node scripts/receiver.mjs');
});

it('says in plain words that its port is in use', async () => {
  await start('');
  const second = await RunningProcess.start(process.execPath, ['scripts/receiver.mjs'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], PORT: String(port) },
  });
  expect(await second.exited()).toBe(1);
  expect(second.output).toBe(
    `127.0.0.1:${port} is in use, perhaps by a receiver of before: stop that one, or say PORT=<another>.\n`,
  );
});

it('verifies a callback, shows it, and drops it the second time', async () => {
  const { body } = await client.call('POST', '/v1/webhooks/signing-secret/rotate');
  const running = await start(String(body.secret));
  const job = await client.submit(`http://127.0.0.1:${port}/`);
  await running.waitForOutput(new RegExp(`verified[^]*test.noop.completed[^]*${job.id}`));
  await client.allEnded(1);
  const [delivery] = await client.deliveries();
  await client.call('POST', `/v1/webhooks/deliveries/${delivery!.id}/redeliver`);
  await running.waitForOutput(/had it before, dropped/);
});

it('refuses a callback that another secret signed', async () => {
  const running = await start(`whsec_${Buffer.alloc(32, 5).toString('base64')}`);
  await client.submit(`http://127.0.0.1:${port}/`);
  await running.waitForOutput(/REFUSED, no signature matches/);
  await waitFor(async () => (await client.deliveries()).at(-1)?.failure === 'http_status', {
    what: 'the failure',
  });
});

it('proves ownership, so that an endpoint is verified, and checks v1a by its public key', async () => {
  await start('');
  const { body } = await client.call('POST', '/v1/webhooks/endpoints', {
    url: `http://127.0.0.1:${port}/hook`,
    signatures: ['v1a'],
  });
  expect(body.status).toBe('enabled');
  await receiver?.stop();
  const key = body.secrets.find(({ scheme }: { scheme: string }) => scheme === 'v1a').public_key as string;
  const running = await start(key);
  await client.call('POST', `/v1/webhooks/endpoints/${body.id}/test`);
  await running.waitForOutput(/verified[^]*webhook.test/);
});
