import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { ErasureAtWork } from '../../src/erasures/erasure';
import { ClientErasureService } from '../../src/erasures/client-erasure.service';
import { ErasureWorkerService } from '../../src/erasures/erasure-worker.service';
import { waitFor } from '../support/services';
import { type Answer, type CallOptions, TestApp } from '../support/test-app';
import { ADMIN_KEY, DEMO_KEY } from '../support/test-config';
import { TestReceiver } from '../webhooks/test-receiver';
import { placesOf, rowsOfClient } from './everything';

const EXTERNAL = 'warehouse.pick';
const NAME = 'Shop of Erna Abt';

let app: TestApp;
let receiver: TestReceiver;
let shop: { id: string; key: string };

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start({
    CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
    CALLBACK_RETRY_SCHEDULE: '1h',
    EXTERNAL_TASK_TYPES: EXTERNAL,
    JOB_LEASE_SECONDS: '3',
  });
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

beforeEach(async () => {
  shop = await app.client(NAME);
});

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  app.call(method, path, { key: shop.key, ...options });
const admin = (method: string, path: string, body?: unknown): Promise<Answer> =>
  app.call(method, path, { key: ADMIN_KEY, ...(body !== undefined && { body }) });

const orderOf = (number: string): object => ({
  number,
  ordered_at: '2026-03-10T12:00:00Z',
  status: 'paid',
  currency: 'EUR',
  customer_name: 'Otto Maier',
  customer_reference: 'OM-1',
  lines: [{ sku: 'S-1', description: 'Thing', quantity: '3', unit_price: '9.99' }],
});

const fileOf = (prefix: string, orders: number): string =>
  [
    'order_number,ordered_at,customer_name,customer_reference,currency,sku,description,quantity,unit_price',
    ...Array.from(
      { length: orders },
      (_, i) => `${prefix}-${i},2026-03-12,Customer ${i},C-${i},EUR,S,Thing,1,2.50`,
    ),
  ].join('\n');

const importFile = async (file: string): Promise<string> =>
  (await call('POST', '/v1/orders/imports', { body: file, headers: { 'Content-Type': 'text/csv' } })).body.id;

const endOf = (id: string): Promise<string> =>
  waitFor(
    async () => {
      const { status } = (await call('GET', `/v1/jobs/${id}`)).body;
      return ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status) && status;
    },
    { what: `job ${id} to end` },
  );

async function report(): Promise<string> {
  const body = { start_date: '2026-03-01', end_date: '2026-04-01', format: 'csv' };
  const { id } = (await call('POST', '/v1/orders/reports', { body })).body;
  expect(await endOf(id)).toBe('COMPLETED');
  return id;
}

async function erase(id = shop.id): Promise<string> {
  const accepted = await admin('DELETE', `/v1/clients/${id}`);
  expect(accepted).toMatchObject({ status: 202, body: { subject: 'client', client_id: id } });
  expect(accepted.headers.get('location')).toBe(`/v1/erasures/${accepted.body.id}`);
  return accepted.body.id;
}

/** The erasure's record once it is done, by who works on it on schedule. */
const doneOnSchedule = (id: string): Promise<Answer> => doneBy(() => Promise.resolve(), id);

/** The same, without waiting for the schedule, nor for the keys to be forgotten. */
async function done(id: string): Promise<Answer> {
  const worker = app.app.get(ErasureWorkerService, { strict: false });
  await app.dataSource.query(`UPDATE erasure SET created_at = now() - interval '1 min' WHERE id = $1`, [id]);
  return doneBy(() => worker.run(new AbortController().signal), id);
}

const doneBy = (work: () => Promise<void>, id: string): Promise<Answer> =>
  waitFor(
    async () => {
      await work();
      const erasure = await admin('GET', `/v1/erasures/${id}`);
      return erasure.body.status === 'COMPLETED' && erasure;
    },
    { what: `erasure ${id} to be done`, timeoutMs: 120_000 },
  );

const files = (): string[] =>
  readdirSync(fileURLToPath(app.config.storageUrl), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`);

/** What is kept of a client on purpose: the record, and what operators did. */
async function leftOf(clientId: string): Promise<Record<string, string[]>> {
  const { audit_entry: audit, erasure, ...rest } = await rowsOfClient(app, clientId);
  expect(audit!.length).toBeGreaterThan(0);
  expect(erasure).toHaveLength(1);
  return Object.fromEntries(Object.entries(rest).filter(([, rows]) => rows.length > 0));
}

it('is gone with all that it had, whatever was under way', async () => {
  const other = await app.client('another shop');
  await app.call('POST', '/v1/orders', { key: other.key, body: orderOf('A-1') });
  const before = await rowsOfClient(app, other.id);
  receiver.on('/refuses', (_received, response) => void response.writeHead(500).end());
  await call('POST', '/v1/webhooks/endpoints', {
    body: { url: receiver.url('/refuses'), event_types: ['*'] },
  });
  expect(await endOf(await importFile(fileOf('I', 1_300)))).toBe('COMPLETED');
  await call('POST', '/v1/orders', { body: orderOf('A-1') });
  await call('PATCH', `/v1/orders/${(await call('GET', '/v1/orders?customer=OM-1')).body.data[0].id}`, {
    body: { customer_reference: 'OM-2' },
  });
  await report();
  await waitFor(
    async () => (await call('GET', '/v1/webhooks/deliveries?status=PENDING')).body.data.length >= 2,
    { what: 'deliveries that wait' },
  );
  // A worker outside has a task and says nothing more of it; others wait for one.
  for (let tasks = 0; tasks < 3; tasks += 1)
    await call('POST', '/v1/jobs', {
      body: { type: EXTERNAL, parameters: { tasks }, callback_url: receiver.url('/refuses/own') },
      headers: { 'Idempotency-Key': `"task ${tasks}"` },
    });
  await call('POST', '/v1/tasks/claim', { body: {} });
  // An import stands still in its last step.
  const blocker = app.dataSource.createQueryRunner();
  await blocker.startTransaction();
  await blocker.query('LOCK TABLE orders IN SHARE MODE');
  let id: string;
  try {
    const imported = await importFile(fileOf('J', 100));
    await waitFor(
      async () => (await call('GET', `/v1/jobs/${imported}`)).body.steps.at(-1).status === 'IN_PROGRESS',
      { what: 'the import to store' },
    );
    expect(files().length).toBeGreaterThan(2);
    id = await erase();
    expect((await call('GET', '/v1/jobs')).status).toBe(401);
    await waitFor(async () => (await admin('GET', `/v1/erasures/${id}`)).body.waiting_for_jobs !== null, {
      what: 'the erasure to begin',
    });
  } finally {
    await blocker.rollbackTransaction();
    await blocker.release();
  }
  const { body } = await doneOnSchedule(id);
  expect(body).toMatchObject({ waiting_for_jobs: null, error: null, erased: { orders: 1_301, jobs: 6 } });
  expect(body.erased.deliveries).toBeGreaterThanOrEqual(2);
  expect(await leftOf(shop.id)).toEqual({});
  expect(files()).toEqual([expect.stringMatching(/order-reports-store$/)]);
  expect(await rowsOfClient(app, other.id)).toEqual(before);

  // Its name is in the audit trail alone, and free.
  const places = await placesOf(app, [NAME]);
  expect(new Set(places.map(({ where }) => where))).toEqual(new Set(['a row of public.audit_entry']));
  expect((await admin('GET', `/v1/clients/${shop.id}`)).status).toBe(404);
  expect(
    (await admin('GET', '/v1/clients')).body.data.map((client: { id: string }) => client.id),
  ).not.toContain(shop.id);
  // Asked once more, it is the same.
  expect((await admin('DELETE', `/v1/clients/${shop.id}`)).body.id).toBe(id);
}, 300_000);

it('ends its keys at once, and gets no others while it is being erased', async () => {
  const id = await erase();
  const name = { name: 'a key', scopes: ['orders'] };
  expect((await admin('POST', `/v1/clients/${shop.id}/keys`, name)).status).toBe(404);
  expect((await admin('GET', `/v1/clients/${shop.id}`)).status).toBe(404);
  expect((await call('GET', '/v1/orders')).status).toBe(401);
  // Somebody may have the name.
  const again = await admin('POST', '/v1/clients', { name: NAME });
  expect(again.status).toBe(201);
  await done(id);
  expect((await admin('GET', `/v1/clients/${again.body.id}`)).status).toBe(200);
  await done(await erase(again.body.id));
});

it('waits for an upload that has begun', async () => {
  const upload = request(`${app.url}/v1/orders/imports`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${shop.key}`,
      'content-type': 'text/csv',
      'content-length': String(fileOf('U', 10).length),
    },
  });
  upload.on('error', () => undefined);
  upload.write(fileOf('U', 10).slice(0, 50));
  await waitFor(
    async () =>
      (await app.dataSource.query('SELECT FROM client_file WHERE client_id = $1', [shop.id])).length === 1,
    { what: 'the upload to begin' },
  );
  const id = await erase();
  await app.dataSource.query(`UPDATE erasure SET created_at = now() - interval '1 min' WHERE id = $1`, [id]);
  await waitFor(async () => (await admin('GET', `/v1/erasures/${id}`)).body.waiting_for_jobs === 0, {
    what: 'the erasure to wait',
  });
  upload.end(fileOf('U', 10).slice(50));
  await done(id);
  expect(await leftOf(shop.id)).toEqual({});
  expect(files()).toEqual([expect.stringMatching(/order-reports-store$/)]);
});

it('is gone also when a process dies at every step, and counts nothing twice', async () => {
  await call('POST', '/v1/orders', { body: orderOf('A-1') });
  await report();
  const worker = app.app.get<unknown>(ErasureWorkerService, { strict: false }) as {
    store: (manager: unknown, erasure: ErasureAtWork, ...rest: unknown[]) => Promise<unknown>;
  };
  const died: string[] = [];
  const original = worker.store.bind(worker);
  const store = jest.spyOn(worker, 'store').mockImplementation(async (manager, erasure, ...rest) => {
    if (died.includes(erasure.step)) return original(manager, erasure, ...rest);
    died.push(erasure.step);
    throw new Error('The process died.');
  });
  const hurried = setInterval(
    () => void app.dataSource.query('UPDATE erasure SET run_at = now() WHERE lease_until IS NULL'),
    200,
  );
  try {
    const { body } = await done(await erase());
    expect(died).toEqual(Object.keys(app.app.get(ClientErasureService, { strict: false }).steps));
    expect(body.erased).toMatchObject({ orders: 1, jobs: 1, files: 1 });
  } finally {
    clearInterval(hurried);
    store.mockRestore();
  }
  expect(await leftOf(shop.id)).toEqual({});
});

it('is refused for the client of the key itself, for what is no client, and to whoever is no operator', async () => {
  const { body: clients } = await admin('GET', '/v1/clients?page_size=100');
  const own = clients.data.find(({ name }: { name: string }) => name === 'Operator');
  expect(await admin('DELETE', `/v1/clients/${own.id}`)).toMatchObject({
    status: 409,
    body: { code: 'own_client' },
  });
  expect((await admin('DELETE', '/v1/clients/0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11')).status).toBe(404);
  expect((await app.call('DELETE', `/v1/clients/${own.id}`, { key: DEMO_KEY })).status).toBe(403);
});

it('that a start makes for its key is made anew by the next start, without what it had', async () => {
  const { body: clients } = await admin('GET', '/v1/clients?page_size=100');
  const demo = clients.data.find(({ name }: { name: string }) => name === 'Demo');
  await app.call('POST', '/v1/orders', { body: orderOf('A-1') });
  const id = await erase(demo.id);
  const during = await TestApp.start({ ROLE: 'api' }, app);
  // Its key is still known as one that was revoked.
  expect((await during.call('GET', '/v1/orders')).status).toBe(401);
  await during.app.close();
  await done(id);
  const after = await TestApp.start({ ROLE: 'api' }, app);
  expect(await after.call('GET', '/v1/orders')).toMatchObject({ status: 200, body: { data: [] } });
  await after.app.close();
});
