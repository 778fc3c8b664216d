import { ADMIN_KEY } from '../support/test-config';
import { type Answer, TestApp } from '../support/test-app';

const CSV_HEAD = 'number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price\n';
const ROWS = Array.from(
  { length: 90 },
  (_each, index) => `R-${index},2024-01-08,paid,EUR,${'x'.repeat(60)},BK-1,Bookcase,1,10.00\n`,
);
const ENCODINGS = ['br', 'gzip', 'identity'];

let app: TestApp;
let report: string;
let order: string;

beforeAll(async () => {
  app = await TestApp.start();
  const wait = { Prefer: 'wait=50', Accept: 'application/json' };
  const imported = await app.call('POST', '/v1/orders/imports', {
    body: CSV_HEAD + ROWS.join(''),
    headers: { ...wait, 'Content-Type': 'text/csv' },
  });
  expect(imported.body.result).toMatchObject({ created: ROWS.length });
  const lines = Array.from({ length: 60 }, (_each, index) => ({
    sku: `BK-${index}`,
    description: 'Bookcase',
    quantity: '1',
    unit_price: '10.00',
  }));
  const body = { number: 'L-1', ordered_at: '2024-01-08', currency: 'EUR', customer_name: 'Ana', lines };
  order = (await app.call('POST', '/v1/orders', { body })).body.id;
  const made = await app.call('POST', '/v1/orders/reports', {
    body: { start_date: '2024-01-01', end_date: '2024-02-01', formats: ['csv', 'pdf'] },
    headers: wait,
  });
  report = made.body.id;
});
afterAll(() => app.stop());

const get = (path: string, headers: Record<string, string>, key?: string | null): Promise<Answer> =>
  app.call('GET', path, { headers, ...(key !== undefined && { key }) });

describe('compression', () => {
  it.each([
    ['a page of a list', '/v1/orders?page_size=90', 'application/json'],
    ['the document', '/openapi.json', 'application/json'],
    ['the document in YAML', '/openapi.yaml', 'text/yaml'],
    ['a file of the page', '/style.css', 'text/css'],
    ['metrics', '/metrics', 'text/plain'],
  ])('of %s is as the caller accepts it', async (_what, path, type) => {
    const answers = await Promise.all(ENCODINGS.map((each) => get(path, { 'Accept-Encoding': each })));
    for (const [index, { status, headers }] of answers.entries()) {
      expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining(type)]);
      expect(headers.get('content-encoding') ?? 'identity').toBe(ENCODINGS[index]);
      expect(headers.get('vary')).toContain('Accept-Encoding');
    }
    if (path !== '/metrics') expect(answers[0]!.body).toEqual(answers[2]!.body);
  });

  it.each([
    ['a poll', () => `/v1/jobs/${report}`],
    ['a file, of which parts and digests are', () => `/v1/orders/reports/${report}`],
    ['an order, whose validator is for changes', () => `/v1/orders/${order}`],
    ['the board, for which browsers send a password', () => '/admin/queues'],
  ])('leaves %s as it is', async (_what, path) => {
    const basic = `Basic ${Buffer.from(`any:${ADMIN_KEY}`).toString('base64')}`;
    const { status, headers } = await get(path(), {
      'Accept-Encoding': 'br, gzip',
      ...(path().startsWith('/admin') && { Authorization: basic }),
    });
    expect([status, headers.get('content-encoding')]).toEqual([200, null]);
  });
});

describe('a validator', () => {
  it.each(['/v1/orders?page_size=2', '/v1/orders/changes', '/v1/events', '/v1/jobs', '/v1/orders/reports'])(
    'of %s saves sending it again, and changes with it',
    async (path) => {
      const first = await get(path, {});
      expect(first.headers.get('cache-control')).toBe('private, no-cache');
      const etag = first.headers.get('etag')!;
      expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
      for (const encoding of ENCODINGS) {
        const again = await get(path, { 'If-None-Match': `"other", ${etag}`, 'Accept-Encoding': encoding });
        expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, undefined, etag]);
      }
      const { key } = await app.client(`Validator of ${path.replace(/\W/g, ' ')}`);
      const ofAnother = await get(path, { 'If-None-Match': etag }, key);
      expect([ofAnother.status, ofAnother.body.data]).toEqual([200, []]);
    },
  );

  it('of a list is another after a change', async () => {
    const before = await get('/v1/orders?page_size=100', {});
    await app.call('PATCH', `/v1/orders/${order}`, { body: { customer_name: 'Ana Pérez' } });
    const after = await get('/v1/orders?page_size=100', { 'If-None-Match': before.headers.get('etag')! });
    expect(after.status).toBe(200);
    expect(after.body.data.find(({ id }: { id: string }) => id === order).customer_name).toBe('Ana Pérez');
  });

  it.each(['id', 'number'])('of an order, by its %s, saves sending it again until it changes', async (by) => {
    const path = by === 'id' ? `/v1/orders/${order}` : '/v1/orders/by-number/L-1';
    const first = await get(path, {});
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const headers = { 'If-None-Match': first.headers.get('etag')! };
    const again = await get(path, headers);
    expect([again.status, again.body, again.headers.get('etag')]).toEqual([
      304,
      undefined,
      headers['If-None-Match'],
    ]);
    await app.call('PATCH', `/v1/orders/${order}`, { body: { customer_name: `Ana, by her ${by}` } });
    expect((await get(path, headers)).body.customer_name).toBe(`Ana, by her ${by}`);
  });

  // With what browsers send; `fetch` of Node alone would say that nothing of a cache is wanted.
  it.each([
    ...['/openapi.json', '/openapi.yaml', '/docs', '/docs/', '/docs/index.html', '/docs/swagger-ui-init.js'],
    ...['/', '/app.js', '/problems'],
  ])('of %s saves sending it again', async (path) => {
    const first = await get(path, {}, null);
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    const headers = { 'If-None-Match': first.headers.get('etag')!, 'Cache-Control': 'max-age=0' };
    const again = await get(path, headers, null);
    expect([again.status, again.body === undefined]).toEqual([304, true]);
  });
});

describe('an answer that nobody accepts', () => {
  const refused = (path: string, accept: string, call: { method?: string; body?: object } = {}) =>
    app.call(call.method ?? 'GET', path, { headers: { Accept: accept }, body: call.body });

  it.each([
    ['/v1/jobs', 'text/csv'],
    ['/v1/orders', 'application/xml, text/html'],
    ['/v1/jobs', 'application/problem+json'],
    ['/v1/orders/changes', 'application/*;q=0'],
    ['/v1/orders/reports', 'application/pdf'],
  ])('of %s, with %s, is a problem', async (path, accept) => {
    const { status, headers, body } = await refused(path, accept);
    expect([status, headers.get('content-type')]).toEqual([406, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({ code: 'not_acceptable', detail: 'This address answers application/json.' });
  });

  it('is refused before anything is done', async () => {
    const body = { start_date: '2024-01-01', end_date: '2024-02-01' };
    const before = await app.call('GET', '/v1/jobs?page_size=1');
    expect((await refused('/v1/orders/reports', 'text/html', { method: 'POST', body })).status).toBe(406);
    expect((await app.call('GET', '/v1/jobs?page_size=1')).body).toEqual(before.body);
  });

  it.each([
    ['', 200],
    ['*/*', 200],
    ['text/*', 406],
    ['application/*', 200],
    ['text/csv', 406],
    ['text/csv, application/pdf;q=0.1', 200],
    ['application/json', 406],
  ])('as the file of a report, with %j, is %i', async (accept, status) => {
    const path = `/v1/orders/reports/${report}?format=pdf`;
    expect((await refused(path, accept)).status).toBe(status);
    const { body: link } = await app.call('GET', `/v1/orders/reports/${report}/link?format=pdf`);
    const { pathname, search } = new URL(link.url);
    expect((await get(pathname + search, { Accept: accept }, null)).status).toBe(status);
  });

  it('is not one where there is none: a key comes first, and so does what is not there', async () => {
    expect((await get('/v1/jobs', { Accept: 'text/csv' }, null)).status).toBe(401);
    const key = (await app.call('POST', '/v1/keys', { body: { name: 'short', scopes: ['orders'] } })).body.id;
    expect((await refused(`/v1/keys/${key}`, 'text/csv', { method: 'DELETE' })).status).toBe(204);
    expect((await get('/health/ready', { Accept: 'text/plain' }, null)).status).toBe(200);
    expect((await get('/metrics', { Accept: 'application/openmetrics-text' }, null)).status).toBe(200);
  });

  it.each([
    ['text/event-stream', 200],
    ['application/json', 406],
  ])('as a stream, with %s, is %i', async (accept, status) => {
    const answer = await fetch(`${app.url}/v1/jobs/${report}/events`, {
      headers: {
        Accept: accept,
        Authorization: `Bearer ${app.config.demoApiKey}`,
        'Accept-Encoding': 'gzip',
      },
    });
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([status, null]);
    await answer.body?.cancel();
  });
});
