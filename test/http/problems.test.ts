import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { TestApp, CallOptions } from '../support/test-app';

const REPORTS = '/v1/orders/reports';
const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const MISSING = '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
});

afterAll(() => app.stop());

type Case = [
  what: string,
  method: string,
  path: string,
  options: CallOptions,
  status: number,
  code: string,
  field?: string,
];

const post = (body: unknown, headers: Record<string, string> = {}): CallOptions => ({ body, headers });
const json = { 'Content-Type': 'application/json' };

const CASES: Case[] = [
  ['an unknown field', 'POST', REPORTS, post({ ...PERIOD, colour: 'red' }), 422, 'invalid_request', 'colour'],
  ['a missing date', 'POST', REPORTS, post({ start_date: '2016-01-01' }), 422, 'invalid_request', 'end_date'],
  [
    'reversed dates',
    'POST',
    REPORTS,
    post({ start_date: '2017-01-01', end_date: '2016-01-01' }),
    422,
    'invalid_request',
    'end_date',
  ],
  [
    'equal dates',
    'POST',
    REPORTS,
    post({ start_date: '2017-01-01', end_date: '2017-01-01' }),
    422,
    'invalid_request',
    'end_date',
  ],
  [
    'a date that does not exist',
    'POST',
    REPORTS,
    post({ ...PERIOD, start_date: '2015-02-29' }),
    422,
    'invalid_request',
    'start_date',
  ],
  [
    'a date with a time',
    'POST',
    REPORTS,
    post({ ...PERIOD, start_date: '2016-01-01T00:00:00Z' }),
    422,
    'invalid_request',
    'start_date',
  ],
  [
    'a date that is a number',
    'POST',
    REPORTS,
    post({ ...PERIOD, start_date: 20160101 }),
    422,
    'invalid_request',
    'start_date',
  ],
  [
    'an unknown status',
    'POST',
    REPORTS,
    post({ ...PERIOD, status: ['lost'] }),
    422,
    'invalid_request',
    'status',
  ],
  [
    'a status that is no list',
    'POST',
    REPORTS,
    post({ ...PERIOD, status: 'shipped' }),
    422,
    'invalid_request',
    'status',
  ],
  [
    'a boolean as text',
    'POST',
    REPORTS,
    post({ ...PERIOD, include_items: 'true' }),
    422,
    'invalid_request',
    'include_items',
  ],
  [
    'a wrong locale',
    'POST',
    REPORTS,
    post({ ...PERIOD, locale: 'not a locale' }),
    422,
    'invalid_request',
    'locale',
  ],
  [
    'a locale of which no font has the words',
    'POST',
    REPORTS,
    post({ ...PERIOD, locale: 'chr' }),
    422,
    'invalid_request',
    'locale',
  ],
  [
    'a wrong time zone',
    'POST',
    REPORTS,
    post({ ...PERIOD, time_zone: 'Mars/Olympus' }),
    422,
    'invalid_request',
    'time_zone',
  ],
  [
    'a title with a control character',
    'POST',
    REPORTS,
    post({ ...PERIOD, title: 'a\u0000b' }),
    422,
    'invalid_request',
    'title',
  ],
  [
    'a title that is too long',
    'POST',
    REPORTS,
    post({ ...PERIOD, title: 'x'.repeat(201) }),
    422,
    'invalid_request',
    'title',
  ],
  [
    'a prototype',
    'POST',
    REPORTS,
    post('{"start_date":"2016-01-01","end_date":"2017-01-01","__proto__":{"x":1}}', json),
    422,
    'invalid_request',
    '__proto__',
  ],
  ['a body that is not JSON', 'POST', REPORTS, post('{"start_date":', json), 400, 'invalid_json'],
  ['a list as body', 'POST', REPORTS, post('[]', json), 400, 'invalid_body'],
  ['null as body', 'POST', REPORTS, post('null', json), 400, 'invalid_json'],
  ['no body', 'POST', REPORTS, {}, 400, 'invalid_body'],
  [
    'a body over the limit',
    'POST',
    REPORTS,
    post({ ...PERIOD, title: 'x'.repeat(200_000) }),
    413,
    'body_too_large',
  ],
  [
    'a form',
    'POST',
    REPORTS,
    post('a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }),
    415,
    'unsupported_media_type',
  ],
  [
    'a body without a type',
    'POST',
    REPORTS,
    post(new TextEncoder().encode('{}')),
    415,
    'unsupported_media_type',
  ],
  [
    'an unreadable idempotency key',
    'POST',
    REPORTS,
    post(PERIOD, { 'Idempotency-Key': '"open' }),
    422,
    'invalid_request',
    'Idempotency-Key',
  ],
  ['no key', 'GET', REPORTS, { key: null }, 401, 'missing_key'],
  ['a wrong key', 'GET', REPORTS, { key: 'x'.repeat(40) }, 401, 'invalid_key'],
  ['a damaged key', 'GET', REPORTS, { key: `ork_${'x'.repeat(40)}` }, 401, 'invalid_key'],
  [
    'another scheme',
    'GET',
    REPORTS,
    { key: null, headers: { Authorization: 'Basic YTpi' } },
    401,
    'missing_key',
  ],
  ['an unknown id', 'GET', `${REPORTS}/status/${MISSING}`, {}, 404, 'not_found'],
  ['an unknown report', 'GET', `${REPORTS}/${MISSING}`, {}, 404, 'not_found'],
  ['an unknown job', 'GET', `/v1/jobs/${MISSING}`, {}, 404, 'not_found'],
  ['an id that is no UUID', 'GET', `${REPORTS}/status/42`, {}, 400, 'invalid_id', 'id'],
  ['a job id that is no UUID', 'GET', '/v1/jobs/42', {}, 400, 'invalid_id', 'id'],
  ['a wrong filter', 'GET', '/v1/jobs?status=LOST', {}, 400, 'invalid_request', 'status'],
  ['a year as time', 'GET', '/v1/jobs?created_since=2016', {}, 400, 'invalid_request', 'created_since'],
  ['a week as time', 'GET', '/v1/jobs?created_until=2016-W05', {}, 400, 'invalid_request', 'created_until'],
  ['an unknown filter', 'GET', '/v1/jobs?colour=red', {}, 400, 'invalid_request', 'colour'],
  ['a wrong page size', 'GET', '/v1/jobs?page_size=none', {}, 400, 'invalid_request', 'page_size'],
  ['a wrong cursor', 'GET', '/v1/jobs?cursor=bogus', {}, 400, 'invalid_cursor', 'cursor'],
  ['a wrongly encoded address', 'GET', '/v1/jobs/%E0%A4%A', {}, 400, 'bad_request'],
  ['NUL in a name', 'POST', REPORTS, post({ ...PERIOD, 'a\u0000b': 1 }), 422, 'invalid_request'],
  [
    'a spreadsheet with tags',
    'POST',
    '/v1/jobs',
    post({ type: 'orders.report', parameters: { ...PERIOD, format: 'csv', accessible: true } }),
    422,
    'invalid_request',
    'parameters.accessible',
  ],
  ['an unknown address', 'GET', '/v1/nothing', {}, 404, 'not_found'],
  ['a wrong method', 'PUT', REPORTS, {}, 405, 'method_not_allowed'],
  ['a page size in hexadecimal', 'GET', '/v1/jobs?page_size=0x2', {}, 400, 'invalid_request', 'page_size'],
  [
    'a table where JSON is read',
    'POST',
    REPORTS,
    post('a,b', { 'Content-Type': 'text/csv' }),
    415,
    'unsupported_media_type',
  ],
  [
    'a body that is not UTF-8',
    'POST',
    REPORTS,
    post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), json),
    400,
    'invalid_json',
  ],
];

it.each(CASES.map((row) => ({ what: row[0], row })))('$what gets its own problem', async ({ row }) => {
  const [, method, path, options, status, code, field] = row;
  const answer = await app.call(method, path, options);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ type: `/problems#${code}`, status, code });
  expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
  if (field !== undefined)
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  expect(JSON.stringify(answer.body)).not.toMatch(/\\n +at |node_modules/);
});

it('refuses a key without the scope, and says which', async () => {
  const { key } = await app.client('Narrow', ['webhooks' as never]);
  expect(await app.call('GET', REPORTS, { key })).toMatchObject({
    status: 403,
    body: { code: 'missing_scope', detail: expect.stringContaining('reports') },
  });
});

it('takes the caller’s request id, unless it is unsafe', async () => {
  const given = await app.call('GET', '/health/live', { key: null, headers: { 'X-Request-Id': 'abc-123' } });
  expect(given.headers.get('x-request-id')).toBe('abc-123');
  const unsafe = await app.call('GET', '/health/live', {
    key: null,
    headers: { 'X-Request-Id': 'a b<script>' },
  });
  expect(unsafe.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

it.each([
  ['PUT', REPORTS, 'GET, HEAD, POST'],
  ['POST', `${REPORTS}/status/${MISSING}`, 'DELETE, GET, HEAD'],
  ['DELETE', '/health/live', 'GET, HEAD'],
])('says in %s of %s which methods there are', async (method, path, allow) => {
  const answer = await app.call(method, path);
  expect(answer).toMatchObject({ status: 405, body: { detail: `This address answers ${allow} only.` } });
  expect(answer.headers.get('allow')).toBe(allow);
});

it.each([
  ['garbage', 'nonsense\r\n\r\n', 400, 'bad_request'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    'endless headers',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'an unknown expectation',
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\nConnection: close\r\n\r\n',
    417,
    'expectation_failed',
  ],
])('answers %s with a problem, before any route', async (_what, bytes, status, code) => {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  const problem = JSON.parse(body) as { request_id: string };
  expect(problem).toMatchObject({ status, code });
  expect(head.toLowerCase()).toContain(`x-request-id: ${problem.request_id}`);
});

it('says with a 401 how to authenticate', async () => {
  const answer = await app.call('GET', REPORTS, { key: null });
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});

it('keeps an idle connection for longer than load balancers do', async () => {
  const { headers } = await app.call('GET', '/health/live', { key: null });
  expect(headers.get('keep-alive')).toBe('timeout=65');
});
