import { generateKeyPairSync, sign } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InstalledPackage } from './installed-package';

const run = promisify(execFile);

const PROGRAM = `
import { ApiError, CallbackVerifier, isJobCallback, isProblem, type Job, OrderReports, Receiver } from 'order-reports';
import { receiveEvents as express } from 'order-reports/express';
import { receiveEvents as fastify } from 'order-reports/fastify';
import { receiveEvents as hono } from 'order-reports/hono';
import { receiveEvents as nest } from 'order-reports/nest';

const client = new OrderReports({ baseUrl: 'http://localhost:3000', apiKey: 'key' });
export async function program(): Promise<Job> {
  const report = await client.reports.create({ start_date: '2016-01-01', end_date: '2017-01-01' });
  const file = await report.file('pdf');
  const bytes: Uint8Array = await file.bytes();
  const { id } = await client.call('get', '/v1/orders/{id}', { path: { id: String(bytes.length) } });
  try {
    await report.cancel();
  } catch (error) {
    if (isProblem(error, 'invalid_request') && error instanceof ApiError) throw new Error(id);
  }
  return report.done();
}
const options = {
  keys: ['whsec_AAAA'],
  onEvent: ({ body }: Parameters<ConstructorParameters<typeof Receiver>[0]['onEvent']>[0]) => {
    if (isJobCallback(body)) client.reports.get(body.data.id);
  },
};
export const receivers = [express(options), nest(options), hono(options), new Receiver(options), fastify];
export const verifier = new CallbackVerifier(options);
// @ts-expect-error -- a day is text
void client.reports.create({ start_date: 1, end_date: '2017-01-01' });
`;

let sdk: InstalledPackage;

beforeAll(async () => {
  sdk = await InstalledPackage.shared();
});

it('brings nothing along', () => {
  expect(sdk.packages).toEqual(['node_modules/order-reports']);
});

it.each([
  ['node16', { module: 'node16', moduleResolution: 'node16', lib: ['ES2022', 'DOM', 'DOM.Iterable'] }],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM', 'DOM.Iterable'] }],
])('has types that compile under strict by moduleResolution %s, alone', async (_name, options) => {
  expect(await sdk.compile(PROGRAM, options)).toBe('');
});

it('is loaded as each of its parts', async () => {
  const parts = ['', '/express', '/fastify', '/hono', '/nest'].map((part) => `order-reports${part}`);
  const { stdout } = await run(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `for (const part of ${JSON.stringify(parts)}) console.log(Object.keys(await import(part)).join());`,
    ],
    { cwd: sdk.folder },
  );
  expect(stdout.split('\n').slice(0, -1)).toEqual([
    expect.stringContaining('OrderReports'),
    ...parts.slice(1).map(() => 'receiveEvents'),
  ]);
});

it('reads times without an offset as the service does, wherever it runs', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const [since, until] = ['2026-11-28T00:00:00.000Z', '2026-11-29T00:00:00.000Z'];
  const signed = [
    { alg: 'EdDSA', kid: 'one' },
    { sub: 'endpoint', since, until },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const proof = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }];
  const program = `
    import { verifyDeliveryProof } from 'order-reports';
    for (const since of ['2026-11-28', '2026-11-28T00:00', '2026-11-28 00:00:00', '2026-11-28T01:00:00+01:00'])
      await verifyDeliveryProof(${JSON.stringify(proof)}, ${JSON.stringify({ keys })}, { endpointId: 'endpoint', since });
    console.log(new Date().getTimezoneOffset() > 0);
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: sdk.folder,
    env: { ...process.env, TZ: 'America/New_York' },
  });
  expect(stdout).toBe('true\n');
});
