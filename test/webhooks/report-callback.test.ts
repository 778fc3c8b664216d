import type { INestApplication } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { createApp } from '../../src/app/app.setup';
import type { AppConfig } from '../../src/config/app-config';
import { emptyTestRedis, waitFor } from '../support/services';
import { DEMO_KEY, testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';
import { LOOPBACK } from './callback-harness';
import { TestReceiver } from './test-receiver';

let database: TestDatabase;
let config: AppConfig;
let app: INestApplication;
let receiver: TestReceiver;
let url: string;

const call = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${DEMO_KEY}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });

const report = (callback_url: string): Promise<Response> =>
  call('POST', '/v1/orders/reports', { start_date: '2016-01-01', end_date: '2017-01-01', callback_url });

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await TestReceiver.start();
  config = testConfig({ databaseUrl: database.url, redisUrl: await emptyTestRedis() }, LOOPBACK);
  app = await createApp(config);
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});

afterAll(async () => {
  await app.close();
  await receiver.stop();
  await database.drop();
  rmSync(config.dataDir, { recursive: true, force: true });
});

it('sends a real report to its callback_url, and signs the digest of the very file that the download gives', async () => {
  const { secret } = (await (await call('POST', '/v1/webhooks/signing-secret/rotate')).json()) as {
    secret: string;
  };
  const accepted = await report(receiver.url());
  expect(accepted.status).toBe(202);
  const received = await waitFor(() => receiver.at()[0], { what: 'the callback', timeoutMs: 120_000 });
  const headers = received.headers as Record<string, string>;
  const event = new Webhook(secret).verify(received.body.toString(), headers) as {
    type: string;
    data: { id: string; artifact: { sha256: string; bytes: number; pages: number } };
  };
  expect(event.type).toBe('orders.report.completed');
  const download = await call('GET', `/v1/orders/reports/${event.data.id}`);
  const file = Buffer.from(await download.arrayBuffer());
  expect(file.subarray(0, 5).toString()).toBe('%PDF-');
  expect(createHash('sha256').update(file).digest('hex')).toBe(event.data.artifact.sha256);
  expect(file.length).toBe(event.data.artifact.bytes);
  expect(event.data.artifact.pages).toBeGreaterThan(0);
});

it.each([
  'https://10.0.0.1/hook',
  'https://169.254.169.254/latest/meta-data',
  'http://93.184.216.34/hook',
  'http://2130706433/hook',
  'https://user@example.com/',
  'http://127.0.0.1:6379/',
  'file:///etc/passwd',
  'not a url',
])('refuses the callback_url %s at submission, by its name, and makes no job', async (callbackUrl) => {
  const before = ((await (await call('GET', '/v1/jobs')).json()) as { data: unknown[] }).data.length;
  const refused = await report(callbackUrl);
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ errors: [{ field: 'callback_url' }] });
  expect(((await (await call('GET', '/v1/jobs')).json()) as { data: unknown[] }).data.length).toBe(before);
});

it('documents the callback and the routes', async () => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { callbacks?: object }>>;
  };
  for (const path of ['/v1/orders/reports', '/v1/jobs']) {
    const { callbacks } = document.paths[path]!['post']!;
    expect(JSON.stringify(callbacks)).toContain('{$request.body#/callback_url}');
    expect(JSON.stringify(callbacks)).toContain('#/components/schemas/JobCallback');
  }
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/v1/webhooks/endpoints',
      '/v1/webhooks/endpoints/{id}',
      '/v1/webhooks/endpoints/{id}/rotate-secret',
      '/v1/webhooks/endpoints/{id}/test',
      '/v1/webhooks/deliveries',
      '/v1/webhooks/deliveries/{id}',
      '/v1/webhooks/deliveries/{id}/redeliver',
      '/v1/events',
      '/.well-known/jwks.json',
    ]),
  );
});
