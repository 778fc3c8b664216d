import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectionError, OrderReports } from '../../sdk/src/index.ts';
import { freePort } from '../support/services';

const OPTIONS = { baseUrl: 'http://localhost:3000', apiKey: 'ork_0123456789abcdef' };
const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };

afterEach(() => jest.useRealTimers());

it.each([
  ['baseUrl', 'localhost:3000'],
  ['baseUrl', '/api'],
  ['baseUrl', 'ftp://reports.example.com'],
  ['baseUrl', 'https://ana:secret@reports.example.com'],
  ['baseUrl', 'https://reports.example.com/api?'],
  ['baseUrl', 'https://reports.example.com/api?tenant=secret'],
  ['baseUrl', 'https://reports.example.com/#/secret'],
  ['apiKey', ''],
  ['apiKey', 'ork_secret…'],
  ['apiKey', 'ork_secret\n'],
  ['apiKey', 'ork_secret\r\nX-Other: 1'],
])('no client is made of the %s %j', (option, value) => {
  const make = (): OrderReports => new OrderReports({ ...OPTIONS, [option]: value });
  expect(make).toThrow(TypeError);
  expect(make).toThrow(new RegExp(`^${option} must be (?!.*secret)`));
});

it.each(['of 2016…', 'of\n2016'])(
  'the idempotency key %j, which no header can have, is refused at once',
  async (idempotencyKey) => {
    const client = new OrderReports({ ...OPTIONS, retryForSeconds: 0 });
    await expect(client.reports.create(PERIOD, { idempotencyKey })).rejects.toMatchObject({
      name: 'TypeError',
    });
  },
);

it.each([
  ['orders-of-2016', 'orders-of-2016'],
  ['C:\\2016', 'C:\\2016'],
  ['orders of 2016', '"orders of 2016"'],
  [' 2016', '" 2016"'],
  ['"2016" \\ A', '"\\"2016\\" \\\\ A"'],
])('the idempotency key %j is sent as %s', async (idempotencyKey, header) => {
  const sent: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = (_address, init) => {
    sent.push(new Headers(init?.headers).get('idempotency-key'));
    return Promise.resolve(Response.json({ id: 'x' }));
  };
  const client = new OrderReports({ ...OPTIONS, fetch });
  await client.reports.create(PERIOD, { idempotencyKey });
  await client.imports.create('number\n', { idempotencyKey });
  expect(sent).toEqual([header, header]);
});

it('a file that cannot be read is said at once to be one', async () => {
  const server = createServer((request) => request.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new OrderReports({ ...OPTIONS, baseUrl: `http://127.0.0.1:${port}` });
  try {
    const folder = await openAsBlob(__dirname);
    await expect(client.imports.create(folder)).rejects.toMatchObject({ name: 'NotReadableError' });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

it('an answer may wait for as long as the service holds it', async () => {
  jest.useFakeTimers();
  const fetch: typeof globalThis.fetch = (_address, init) =>
    new Promise((resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('It was given up.')));
      setTimeout(() => resolve(Response.json({ id: 'x' })), 50_000);
    });
  const client = new OrderReports({ ...OPTIONS, fetch });
  const answered = client.call('post', '/v1/orders/reports', {
    body: PERIOD,
    headers: { Prefer: 'wait=50' },
  });
  await Promise.all([expect(answered).resolves.toEqual({ id: 'x' }), jest.advanceTimersByTimeAsync(50_000)]);
});

describe('where a proxy says when to come again', () => {
  const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';

  it.each([
    ['20', 20],
    ['Thu, 01 Jan 2026 00:00:20 GMT', 20],
    ['Thursday, 01-Jan-26 00:00:20 GMT', 20],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 30],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 1],
    ['soon', 1],
    ['-5', 1],
    ['', 1],
  ])('%j, a job is asked for again after %d seconds', async (retryAfter, seconds) => {
    jest.useFakeTimers();
    const polls: number[] = [];
    const fetch: typeof globalThis.fetch = (address, init) => {
      if ((address as URL | string).toString().endsWith('/events'))
        return Promise.resolve(Response.json({ code: 'missing_scope' }, { status: 403 }));
      if (new Headers(init?.headers).has('prefer')) polls.push(Date.now());
      const status = polls.length < 2 ? 'PENDING' : 'COMPLETED';
      const headers = { Date: DATE, 'Retry-After': retryAfter };
      return Promise.resolve(Response.json({ id: 'x', status, steps: [] }, { headers }));
    };
    const done = new OrderReports({ ...OPTIONS, fetch }).jobs.get('x').done();
    await jest.advanceTimersByTimeAsync(60_000);
    await done;
    expect(polls[1]! - polls[0]!).toBe(seconds * 1_000);
  });

  it.each([
    ['Thu, 01 Jan 2026 00:00:20 GMT', DATE, 20],
    ['Thu, 01 Jan 1970 00:00:20 GMT', undefined, 0],
    ['Thu, 99 Jan 2026 00:00:20 GMT', DATE, undefined],
    ['soon', DATE, undefined],
  ])('%j, an error says so in seconds', async (retryAfter, date, seconds) => {
    const headers = { 'Retry-After': retryAfter, ...(date !== undefined && { Date: date }) };
    const fetch: typeof globalThis.fetch = () => Promise.resolve(new Response('', { status: 503, headers }));
    const client = new OrderReports({ ...OPTIONS, retryForSeconds: 0, fetch });
    await expect(client.call('get', '/v1/jobs')).rejects.toMatchObject({ retryAfter: seconds });
  });
});

it('a call that is tried again says each time where it was to go, and what it failed of', async () => {
  const baseUrl = `http://localhost:${await freePort()}`;
  const failures: Error[] = [];
  const client = new OrderReports({
    ...OPTIONS,
    baseUrl: `${baseUrl}/api/`,
    retryForSeconds: 3,
    onRetry: (failure) => failures.push(failure),
  });
  const error = await client.call('get', '/v1/jobs').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectionError);
  const reason = new RegExp(`^GET /v1/jobs got no answer from ${baseUrl}: connect ECONNREFUSED`);
  for (const { message } of [...failures, error as Error]) expect(message).toMatch(reason);
  expect(failures.length).toBeGreaterThan(0);
});

describe('what was refused once', () => {
  let sent: number;
  beforeEach(() => (sent = 0));

  const refusedWith = (status: number, code?: string, headers: Record<string, string> = {}): OrderReports => {
    const fetch: typeof globalThis.fetch = () => {
      sent += 1;
      const answer = sent === 1 ? Response.json({ code }, { status, headers }) : Response.json({ id: 'x' });
      return Promise.resolve(answer);
    };
    return new OrderReports({ ...OPTIONS, fetch });
  };
  const POST = (client: OrderReports): Promise<unknown> =>
    client.call('post', '/v1/keys', { body: { name: 'one', scopes: ['reports'] } });
  const PATCH = (client: OrderReports): Promise<unknown> =>
    client.call('patch', '/v1/orders/{id}', { path: { id: 'x' }, body: { status: 'paid' } });
  const PUT = (client: OrderReports): Promise<unknown> => client.call('put', '/v1/brand', { body: {} });
  const KEYED = (client: OrderReports): Promise<unknown> => client.reports.create(PERIOD);

  it.each([
    ['503 of a proxy', 503, undefined],
    ['503 that may have come after it was done', 503, 'temporarily_unavailable'],
    ['502', 502, undefined],
    ['504', 504, undefined],
  ])('is sent again after %s only where it may be done twice', async (_what, status, code) => {
    for (const call of [POST, PATCH]) {
      await expect(call(refusedWith(status, code))).rejects.toMatchObject({ status, code });
      expect(sent).toBe(1);
      sent = 0;
    }
    for (const call of [PUT, KEYED]) {
      await call(refusedWith(status, code));
      expect(sent).toBe(2);
      sent = 0;
    }
  });

  it.each([
    ['a limit that time lifts', 429, 'quota_exceeded', { 'Retry-After': '0' }],
    ['a store that is away', 503, 'store_unavailable', {}],
    ['a store that is full', 503, 'store_full', {}],
  ])('is sent again after %s, whatever it is', async (_what, status, code, headers) => {
    for (const call of [POST, PATCH, PUT, KEYED]) {
      await call(refusedWith(status, code, headers));
      expect(sent).toBe(2);
      sent = 0;
    }
  });

  it('has an idempotency key only where the document has one', () => {
    const client = new OrderReports({ ...OPTIONS, fetch: () => Promise.resolve(Response.json({})) });
    const body = { name: 'one', scopes: ['reports' as const] };
    // @ts-expect-error -- a second key of this name would be made
    void client.call('post', '/v1/keys', { body, idempotencyKey: 'one' });
    void client.call('post', '/v1/orders/reports', { body: PERIOD, idempotencyKey: 'one' });
  });

  it('is not sent sooner because a proxy says 0', async () => {
    const fetch: typeof globalThis.fetch = () => {
      sent += 1;
      return Promise.resolve(new Response('', { status: 503, headers: { 'Retry-After': '0' } }));
    };
    const client = new OrderReports({ ...OPTIONS, retryForSeconds: 2, fetch });
    await expect(client.call('get', '/v1/jobs')).rejects.toMatchObject({ status: 503 });
    // After a quarter, half a second and a second at the soonest.
    expect(sent).toBeLessThanOrEqual(4);
  });
});
