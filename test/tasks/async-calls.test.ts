import { CreateOrderHandler } from '../../src/orders/tasks/order-task.handlers';
import { JobContext } from '../../src/jobs/job-type';
import { NewOrderBody } from '../../src/orders/order.dto';
import { Answer, TestApp } from '../support/test-app';
import { waitFor } from '../support/services';

let app: TestApp;
let api: TestApp;
let owner: { id: string; key: string };

beforeAll(async () => {
  app = await TestApp.start();
  api = await TestApp.start({ ROLE: 'api' }, app);
  owner = await app.client('Task giver');
});

afterAll(async () => {
  await api.stop();
  await app.stop();
});

const order = (number: string) => ({
  number,
  ordered_at: '2016-11-08T14:30:00Z',
  currency: 'USD',
  customer_name: 'Claire Gute',
  lines: [{ sku: 'BK-1', description: 'Bookcase', quantity: '2', unit_price: '130.98' }],
});
const call = (method: string, path: string, Prefer?: string, body?: unknown): Promise<Answer> =>
  api.call(method, path, {
    key: owner.key,
    ...(body === undefined ? {} : { body }),
    headers: Prefer === undefined ? {} : { Prefer },
  });
const pathOf = (location: string | null): string => location!;
const ended = (path: string): Promise<Answer> =>
  waitFor(
    async () => {
      const answer = await call('GET', path);
      return answer.status !== 202 && answer;
    },
    { what: `the end of ${path}` },
  );
const count = async (number: string): Promise<number> =>
  (await app.dataSource.query('SELECT count(*)::int AS n FROM orders WHERE number = $1', [number]))[0].n;

describe('Prefer: respond-async', () => {
  it('makes a task of creating an order: 202, then 201 with the order’s Location', async () => {
    const accepted = await call('POST', '/v1/orders', 'respond-async', order('T-1'));
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('preference-applied')).toBe('respond-async');
    expect(accepted.headers.get('retry-after')).toMatch(/^\d+$/);
    const location = accepted.headers.get('location')!;
    expect(location).toBe(`/v1/tasks/${accepted.body.id}`);
    expect(accepted.body).toMatchObject({
      type: 'orders.create',
      status: 'PENDING',
      workflow: [{ name: 'write', status: 'PENDING' }],
      request: { method: 'POST', path: '/v1/orders', body: order('T-1') },
    });
    expect(Date.parse(accepted.body.eta)).toBeGreaterThan(Date.parse(accepted.body.created_at));

    const done = await ended(pathOf(location));
    expect(done.status).toBe(201);
    const made = await call('GET', pathOf(done.headers.get('location')));
    expect(made).toMatchObject({ status: 200, body: { number: 'T-1', total: '261.96' } });
    expect(done.body).toMatchObject({ status: 'COMPLETED', result: made.body, eta: null });
    expect(done.body.links).toContainEqual({ rel: 'orders', href: done.headers.get('location') });
  });

  it('makes a task of reading: 200 with what the call answers in `result`', async () => {
    const { body } = await call('POST', '/v1/orders', undefined, order('T-2'));
    const summaryPath = '/v1/orders/summary?start_date=2016-01-01&end_date=2017-01-01&status=pending';
    for (const path of [`/v1/orders/${body.id}`, summaryPath]) {
      const accepted = await call('GET', path, 'respond-async');
      expect(accepted).toMatchObject({ status: 202, body: { request: { method: 'GET', path, body: null } } });
      const done = await ended(pathOf(accepted.headers.get('location')));
      expect(done.status).toBe(200);
      expect(done.headers.get('location')).toBeNull();
      expect(done.body.result).toEqual((await call('GET', path)).body);
    }
  });

  it('answers as the call itself when it ends within wait=N', async () => {
    const created = await call('POST', '/v1/orders', 'respond-async, wait=30', order('T-3'));
    expect(created).toMatchObject({ status: 201, body: { number: 'T-3', customer_name: 'Claire Gute' } });
    expect(created.headers.get('preference-applied')).toBe('respond-async, wait=30');
    expect(pathOf(created.headers.get('location'))).toBe(`/v1/orders/${created.body.id}`);
    const read = await call('GET', `/v1/orders/${created.body.id}`, 'respond-async, wait=30');
    expect(read).toMatchObject({ status: 200, body: created.body });
    expect(read.headers.get('retry-after')).toBeNull();
  });

  it('answers 202 when it does not end within wait=N', async () => {
    const alone = await TestApp.start({ ROLE: 'api' });
    try {
      const answer = await alone.call('POST', '/v1/orders', {
        body: order('T-4'),
        headers: { Prefer: 'respond-async, wait=1' },
      });
      expect(answer.status).toBe(202);
      expect(answer.headers.get('preference-applied')).toBe('respond-async, wait=1');
      expect((await alone.call('GET', pathOf(answer.headers.get('location')))).status).toBe(202);
    } finally {
      await alone.stop();
    }
  });

  it('answers synchronously without it, also with wait alone', async () => {
    const created = await call('POST', '/v1/orders', 'wait=5', order('T-5'));
    expect(created.status).toBe(201);
    expect(created.headers.get('preference-applied')).toBeNull();
  });

  it('refuses at once what the call would refuse at once', async () => {
    const bad = await call('POST', '/v1/orders', 'respond-async', { ...order('T-6'), total: '1' });
    expect(bad).toMatchObject({ status: 422, body: { errors: [{ field: 'total' }] } });
    expect((await call('GET', '/v1/orders/nonsense', 'respond-async')).status).toBe(400);
    expect((await call('GET', '/v1/orders/summary', 'respond-async')).status).toBe(400);
  });

  it('ends with the problem that the call would have answered, with the task inside', async () => {
    await call('POST', '/v1/orders', undefined, order('T-7'));
    const sync = await call('POST', '/v1/orders', undefined, order('T-7'));
    const accepted = await call('POST', '/v1/orders', 'respond-async', order('T-7'));
    const done = await ended(pathOf(accepted.headers.get('location')));
    const { code, detail, errors } = sync.body;
    expect(done).toMatchObject({
      status: 409,
      body: { code, detail, errors, task: { status: 'FAILED', error: { code, retryable: false } } },
    });
    expect(done.headers.get('content-type')).toContain('application/problem+json');

    const missing = '/v1/orders/01900000-0000-7000-8000-000000000000';
    expect(await call('GET', missing, 'respond-async, wait=30')).toMatchObject({
      status: 404,
      body: { code: 'not_found', task: { type: 'orders.read' } },
    });
  });

  it('gives the same task for the same Idempotency-Key', async () => {
    const headers = { Prefer: 'respond-async', 'Idempotency-Key': 'task-1' };
    const first = await api.call('POST', '/v1/orders', { key: owner.key, body: order('T-8'), headers });
    const again = await api.call('POST', '/v1/orders', { key: owner.key, body: order('T-8'), headers });
    expect(again.body.id).toBe(first.body.id);
  });

  it('creates one order, however often an attempt is repeated', async () => {
    const alone = await TestApp.start({ ROLE: 'api' }, app);
    const { body } = await alone.call('POST', '/v1/orders', {
      key: owner.key,
      body: order('T-9'),
      headers: { Prefer: 'respond-async' },
    });
    await ended(`/v1/tasks/${body.id}`);
    await alone.stop();
    // A worker that was thought dead, and does the work once more.
    const zombie: Partial<JobContext<NewOrderBody>> = {
      jobId: body.id,
      clientId: owner.id,
      attempt: 1,
      parameters: Object.assign(new NewOrderBody(), order('T-9 again')),
      step: () => undefined,
      completeIn: () => Promise.resolve(),
    };
    await expect(
      app.app.get(CreateOrderHandler, { strict: false }).run(zombie as JobContext<NewOrderBody>),
    ).rejects.toThrow(/duplicate key/);
    // One that may not end the job any more writes nothing either.
    await expect(
      app.app.get(CreateOrderHandler, { strict: false }).run({
        ...(zombie as JobContext<NewOrderBody>),
        jobId: '01900000-0000-7000-8000-00000000beef',
        completeIn: () => Promise.reject(new Error('no longer yours')),
      }),
    ).rejects.toThrow('no longer yours');
    expect([await count('T-9'), await count('T-9 again')]).toEqual([1, 0]);
  });

  it('can also be submitted by POST /v1/jobs', async () => {
    const accepted = await call('POST', '/v1/jobs', undefined, {
      type: 'orders.create',
      parameters: order('T-10'),
    });
    expect(accepted.status).toBe(202);
    expect(pathOf(accepted.headers.get('location'))).toBe(`/v1/tasks/${accepted.body.id}`);
    expect((await ended(`/v1/tasks/${accepted.body.id}`)).status).toBe(201);
  });
});

describe('tasks', () => {
  it('are listed with progress, eta and workflow, filtered by status, page by page', async () => {
    const page = await call('GET', '/v1/tasks?status=COMPLETED&type=orders.create&page_size=2');
    expect(page.body.data).toHaveLength(2);
    expect(page.headers.get('link')).toContain('rel="next"');
    for (const task of page.body.data) {
      expect(task).toMatchObject({
        type: 'orders.create',
        status: 'COMPLETED',
        progress: 100,
        eta: null,
        workflow: [{ name: 'write', status: 'COMPLETED' }],
      });
    }
    const failed = await call('GET', '/v1/tasks?status=FAILED');
    expect(failed.body.data.length).toBeGreaterThan(0);
    expect(new Set(failed.body.data.map((task: { status: string }) => task.status))).toEqual(
      new Set(['FAILED']),
    );
    expect((await call('GET', '/v1/tasks?status=ODD')).status).toBe(400);
  });

  it('show any job: a report is 202, then 201 with the PDF’s Location', async () => {
    const accepted = await call('POST', '/v1/orders/reports', undefined, {
      start_date: '2016-01-01',
      end_date: '2016-02-01',
    });
    const done = await ended(`/v1/tasks/${accepted.body.id}`);
    expect(done.status).toBe(201);
    expect(pathOf(done.headers.get('location'))).toBe(`/v1/orders/reports/${accepted.body.id}`);
  });

  it('wait for their answer by Prefer: wait', async () => {
    const accepted = await call('POST', '/v1/orders', 'respond-async', order('T-11'));
    const done = await call('GET', `/v1/tasks/${accepted.body.id}`, 'wait=30');
    expect(done.status).toBe(201);
    expect(done.headers.get('preference-applied')).toBe('wait=30');
  });

  it('answer 410 when they were cancelled', async () => {
    const alone = await TestApp.start({ ROLE: 'api' });
    try {
      const headers = { Prefer: 'respond-async' };
      const { body } = await alone.call('POST', '/v1/orders', { body: order('T-13'), headers });
      expect((await alone.call('DELETE', `/v1/jobs/${body.id}`)).status).toBe(200);
      expect(await alone.call('GET', `/v1/tasks/${body.id}`)).toMatchObject({
        status: 410,
        body: { code: 'cancelled' },
      });
    } finally {
      await alone.stop();
    }
  });

  it('are invisible to another client', async () => {
    const accepted = await call('POST', '/v1/orders', 'respond-async', order('T-12'));
    const other = await app.client('Nosy');
    const path = `/v1/tasks/${accepted.body.id}`;
    expect(await app.call('GET', path, { key: other.key })).toMatchObject({ status: 404 });
    expect((await app.call('GET', '/v1/tasks', { key: other.key })).body.data).toEqual([]);
    const read = await app.call('GET', `/v1/orders/${accepted.body.id}`, {
      key: other.key,
      headers: { Prefer: 'respond-async, wait=30' },
    });
    expect(read.status).toBe(404);
    expect((await app.call('GET', path, { key: null })).status).toBe(401);
  });
});
