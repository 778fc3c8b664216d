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
