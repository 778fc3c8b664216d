import { once } from 'node:events';
import { get } from 'node:http';
import { TestApp } from '../support/test-app';
import { collectWarnings } from '../support/log-lines';

const BODY = { start_date: '2024-01-01', end_date: '2024-02-01', formats: ['csv'] };

describe('Conventions of HTTP', () => {
  let app: TestApp;
  let id: string;

  beforeAll(async () => {
    app = await TestApp.start();
    const ended = await app.call('POST', '/v1/orders/reports', {
      body: BODY,
      headers: { Prefer: 'wait=30', Accept: 'application/json' },
    });
    expect(ended.status).toBe(200);
    expect(ended.body).toMatchObject({ type: 'orders.report', status: 'COMPLETED' });
    id = ended.body.id;
  });
  afterAll(() => app.stop());

  it.each([
    ['application/json', 200],
    ['application/json;q=0.5', 200],
    ['application/json, text/html', 200],
    ['application/json, text/csv;q=0.1', 303],
    ['application/json, */*', 303],
    ['application/json, text/*', 303],
    ['*/*', 303],
    ['text/csv', 303],
    ['', 303],
  ])('answers a poll that accepts %j with %i when the file is ready', async (accept, status) => {
    const {
      status: answered,
      headers,
      body,
    } = await app.call('GET', `/v1/orders/reports/status/${id}`, {
      headers: { Accept: accept },
    });
    expect(answered).toBe(status);
    expect(headers.get('vary')).toContain('Accept');
    if (status === 200) expect(body).toMatchObject({ id, status: 'COMPLETED' });
    else expect(headers.get('location')).toBe(`/v1/orders/reports/${id}`);
  });

  it('marks the answer to a repeated request', async () => {
    const send = (body: object = BODY) =>
      app.call('POST', '/v1/orders/reports', { body, headers: { 'Idempotency-Key': 'once' } });
    const first = await send();
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const second = await send();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body.id).toBe(first.body.id);
    expect((await send({ ...BODY, title: 'Another' })).headers.get('idempotency-replayed')).toBeNull();
  });

  it.each([
    ['/v1/jobs', 'PENDING', 'COMPLETED'],
    ['/v1/orders', 'paid', 'shipped'],
    ['/v1/webhooks/deliveries', 'PENDING', 'DELIVERED'],
  ])('reads lists in the queries of %s with brackets too', async (path, one, other) => {
    for (const query of [
      `status=${one},${other}`,
      `status=${one}&status=${other}`,
      `status[]=${one}&status[]=${other}`,
      `status%5B%5D=${one}&status=${other}`,
      `status[]=${one},${other}`,
    ]) {
      const { status } = await app.call('GET', `${path}?${query}`);
      expect([query, status]).toEqual([query, 200]);
    }
    const { status, body } = await app.call('GET', `${path}?status[]=lost`);
    expect(status).toBe(400);
    expect(body.errors[0].field).toBe('status');
    expect((await app.call('GET', `${path}?page_size[]=1`)).body.errors).toEqual([
      { field: 'page_size[]', message: 'page_size[] is not a known field' },
    ]);
  });

  it('filters by what the brackets name', async () => {
    const ended = await app.call('GET', '/v1/jobs?status[]=COMPLETED');
    expect(ended.body.data.map((job: { id: string }) => job.id)).toContain(id);
    const failed = await app.call('GET', '/v1/jobs?status[]=FAILED');
    expect(failed.body.data).toEqual([]);
  });

  it('says nothing of HSTS unless the operator does', async () => {
    expect((await app.call('GET', '/health/live')).headers.get('strict-transport-security')).toBeNull();
    const strict = await TestApp.start({ HSTS_MAX_AGE_SECONDS: '600' }, app);
    try {
      const { headers } = await strict.call('GET', '/health/live');
      expect(headers.get('strict-transport-security')).toBe('max-age=600');
    } finally {
      await strict.stop();
    }
  });

  it('warns once of a host that is not the machine, where the public address is', async () => {
    const asked = async ({ url }: TestApp, host: string) => {
      const [answer] = await once(get(`${url}/v1/jobs`, { headers: { host } }), 'response');
      answer.resume();
      await once(answer, 'end');
    };
    const warnings = collectWarnings();
    const ours = () => warnings.lines.filter(({ message }) => message.includes('Set PUBLIC_URL'));
    const named = await TestApp.start({ PUBLIC_URL: 'https://shop.example' }, app);
    try {
      for (const host of ['localhost:3000', '127.0.0.1', '[::1]:3000', 'api.localhost'])
        await asked(app, host);
      await asked(named, 'api:3000');
      expect(ours()).toEqual([]);
      await asked(app, 'api:3000');
      await asked(app, 'shop.example');
      expect(ours().map(({ message }) => message)).toEqual([expect.stringContaining('"api"')]);
    } finally {
      warnings.restore();
      await named.stop();
    }
  });
});
