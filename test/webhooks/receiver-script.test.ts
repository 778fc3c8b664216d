import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningProcess } from '../support/running-process';
import { freePort, waitFor } from '../support/services';
import { callbackStory } from './callback-story';

const ROOT = join(__dirname, '../..');

const story = callbackStory();

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
  port = await freePort();
});

afterEach(() => receiver?.stop());

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
  const { body } = await story.client.call('POST', '/v1/webhooks/signing-secret/rotate');
  const running = await start(String(body.secret));
  const job = await story.client.submit(`http://127.0.0.1:${port}/`);
  await running.waitForOutput(new RegExp(`verified[^]*test.noop.completed[^]*${job.id}`));
  await story.client.allEnded(1);
  const [delivery] = await story.client.deliveries();
  await story.client.call('POST', `/v1/webhooks/deliveries/${delivery!.id}/redeliver`);
  await running.waitForOutput(/had it before, dropped/);
});

it('refuses a callback that another secret signed', async () => {
  const running = await start(`whsec_${Buffer.alloc(32, 5).toString('base64')}`);
  await story.client.submit(`http://127.0.0.1:${port}/`);
  await running.waitForOutput(/REFUSED, no signature matches/);
  await waitFor(async () => (await story.client.deliveries()).at(-1)?.failure === 'http_status', {
    what: 'the failure',
  });
});

it('proves ownership, so that an endpoint is verified, and checks v1a by its public key', async () => {
  await start('');
  const { body } = await story.client.call('POST', '/v1/webhooks/endpoints', {
    url: `http://127.0.0.1:${port}/hook`,
    signatures: ['v1a'],
  });
  expect(body.status).toBe('enabled');
  await receiver?.stop();
  const key = body.secrets.find(({ scheme }: { scheme: string }) => scheme === 'v1a').public_key as string;
  const running = await start(key);
  await story.client.call('POST', `/v1/webhooks/endpoints/${body.id}/test`);
  await running.waitForOutput(/verified[^]*webhook.test/);
});
