import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient, type Expectations } from './client';
import { demandHonesty } from './faults';
import type { Fleet } from './fleet';
import { Ledger } from './ledger';
import { Random } from './random';

const SERVED: Expectations = { serveAll: true };
const OUTAGES_ALLOWED: Expectations = { serveAll: false };

let server: Server;
let answer: { status: number; headers: Record<string, string>; body: string };

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the client holds against a service that answers so. */
async function violations(expectations: Expectations): Promise<string[]> {
  const ledger = new Ledger();
  const { port } = server.address() as AddressInfo;
  const client = new ApiClient([`http://127.0.0.1:${port}`], 'key', new Random(1), ledger, expectations);
  await client.once('GET', '/v1/jobs');
  return ledger.violations;
}

const RETRY = { 'retry-after': '2' };

it.each<[string, number, Record<string, string>, string, Expectations, RegExp | undefined]>([
  ['a 503 that says what and when', 503, RETRY, '{"code":"store_unavailable"}', OUTAGES_ALLOWED, undefined],
  ['a 503 without Retry-After', 503, {}, '{"code":"store_unavailable"}', OUTAGES_ALLOWED, /without Retry/],
  ['a 503 without a code', 503, RETRY, '{}', OUTAGES_ALLOWED, /503 without a code/],
  ['a 502 that is no problem', 502, {}, '<html>', OUTAGES_ALLOWED, /502 without a code/],
  ['an internal error', 500, {}, '{"code":"internal_error"}', OUTAGES_ALLOWED, /500 internal_error/],
  ['a report that failed', 500, {}, '{"code":"too_many_crashes"}', OUTAGES_ALLOWED, undefined],
  ['any 5xx where none is allowed', 503, RETRY, '{"code":"store_unavailable"}', SERVED, /503/],
  ['a refusal', 409, {}, '{"code":"not_ready"}', SERVED, undefined],
])('judges %s', async (_what, status, headers, body, expectations, expected) => {
  answer = { status, headers, body };
  const found = await violations(expectations);
  if (expected === undefined) expect(found).toEqual([]);
  else expect(found).toEqual([expect.stringMatching(expected)]);
});

it.each([
  ['that goes on saying so', [200], 1],
  ['that answers nothing', [undefined], 1],
  ['that is not ready soon', [200, undefined, 503], 0],
])('judges an API %s while it cannot serve', async (_what, answers, expected) => {
  const ledger = new Ledger();
  const given = [...answers];
  const readiness = () => Promise.resolve(given.length > 1 ? given.shift() : given[0]);
  const fleet = { apis: [{ name: 'API 1', readiness }] } as unknown as Fleet;
  await demandHonesty({ fleet, ledger }, 'its database is read-only');
  expect(ledger.violations).toHaveLength(expected);
});
