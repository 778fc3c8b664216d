import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningProcess } from '../support/running-process';
import { freePort, waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { DEMO_KEY } from '../support/test-config';

const ROOT = join(__dirname, '../..');

let app: TestApp;
let shell: RunningProcess | undefined;

beforeAll(async () => {
  app = await TestApp.start({ CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8' });
});

afterEach(async () => {
  shell?.signalGroup('SIGTERM');
  await shell?.exited();
});

afterAll(() => app.stop());

/** The commands of the only block that holds a text. */
function commandsWith(file: string, text: string): string {
  const blocks = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^```sh\n([^]*?)^```$/gm)];
  const [found, ...others] = blocks
    .map(([, commands = '']) => commands)
    .filter((block) => block.includes(text));
  if (found === undefined || others.length > 0) throw new Error(`${file} has not one block with ${text}`);
  return found;
}

/** Types commands into a shell that stays, with the service and the receiver elsewhere than they say. */
async function type(commands: string, receiverPort: number): Promise<RunningProcess> {
  const script = commands
    .replaceAll('http://localhost:3000', app.url)
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${receiverPort}`);
  expect(script).toContain(app.url);
  shell = await RunningProcess.start('bash', ['-c', `${script}\nwait`], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      npm_config_update_notifier: 'false',
      PORT: String(receiverPort),
      KEY: DEMO_KEY,
    },
  });
  return shell;
}

/** The delivery of a message, once it has ended. */
const deliveryOf = (messageId: string): Promise<{ status: string; attempts: number; endpoint_id: string }> =>
  waitFor(
    async () => {
      const { body } = await app.call('GET', `/v1/webhooks/deliveries?event_id=${messageId}`);
      return body.data.find(({ status }: { status: string }) => status === 'DELIVERED');
    },
    { what: 'the delivery to be stored' },
  );

it.each(['README.md', 'docs/webhooks.md'])(
  'the commands of %s show a verified callback, which came at the first attempt',
  async (file) => {
    const running = await type(commandsWith(file, 'npm run receiver'), await freePort());
    const [, id = ''] = await running.waitForOutput(
      / verified {2}(\S+)\s+\{\s+"type": "orders.report.completed"/,
      120_000,
    );
    expect(await deliveryOf(id)).toMatchObject({ attempts: 1, endpoint_id: null });
  },
);

it('the endpoint of docs/webhooks.md is verified by the receiver that is started there, and signs as that expects', async () => {
  const port = await freePort();
  const start = commandsWith('docs/webhooks.md', 'npm run receiver');
  const register = commandsWith('docs/webhooks.md', '/v1/webhooks/endpoints -H');
  const running = await type(start + register, port);
  await running.waitForOutput(/ownership challenge, echoed[^]*"status":"enabled"/);
  const { body } = await app.call('GET', '/v1/webhooks/endpoints');
  const [{ id, url }] = body.data;
  expect(url).toBe(`http://127.0.0.1:${port}/`);
  await app.call('POST', `/v1/webhooks/endpoints/${id}/test`);
  await running.waitForOutput(/ verified {2}\S+\s+\{\s+"type": "webhook.test"/);
});
