import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Scope } from '../../src/clients/scope';
import { STATUS_OF_KIND } from '../../src/common/error-kinds';
import { PROBLEM_CODES, PROBLEM_SECTIONS, type ProblemCode } from '../../src/common/problem-codes';
import { type Answer, type CallOptions, TestApp } from '../support/test-app';

const FILE = join(resolve(__dirname, '../..'), 'docs/problems.md');
const REPORTS = '/v1/orders/reports';
const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const ORDER = {
  number: 'A-1',
  ordered_at: '2018-01-02T10:30:00Z',
  currency: 'EUR',
  customer_name: 'Zoë Müller',
  lines: [{ sku: 'LAMP-1', description: 'Desk lamp', quantity: '3', unit_price: '19.95' }],
};
const MISSING = '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11';

let app: TestApp;
/** Of a key with every scope. */
let key: string;
let own: string;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api', EXTERNAL_TASK_TYPES: 'warehouse.pick' });
  ({ key, id: own } = await app.client('Shop'));
});
afterAll(() => app.stop());

const call = (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  app.call(method, path, { key, ...options });
const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  call('POST', path, { body, headers });
const idOf = async (made: Promise<Answer>): Promise<string> => (await made).body.id;
const report = (): Promise<string> => idOf(post(REPORTS, PERIOD));
const tokenOf = async (id: string): Promise<string> => (await post(`/v1/jobs/${id}/tokens`)).body.token;

async function cancelledReport(): Promise<string> {
  const id = await report();
  await call('DELETE', `${REPORTS}/status/${id}`);
  return id;
}

/** Says something of a task that it has. */
async function workOutside(saying: object): Promise<{ id: string; answer: Answer }> {
  const id = await idOf(post('/v1/jobs', { type: 'warehouse.pick', parameters: {} }));
  await post('/v1/tasks/claim');
  return { id, answer: await call('PUT', `/v1/tasks/${id}`, { body: saying }) };
}

const PROVOKED: Partial<Record<ProblemCode, () => Promise<Answer>>> = {
  invalid_request: () => post(REPORTS),
  invalid_json: () => post(REPORTS, '{', { 'Content-Type': 'application/json' }),
  invalid_body: () => post(REPORTS, '[]', { 'Content-Type': 'application/json' }),
  invalid_id: () => call('GET', '/v1/jobs/42'),
  invalid_cursor: () => call('GET', '/v1/jobs?cursor=bogus'),
  invalid_precondition: () =>
    call('PATCH', `/v1/orders/${MISSING}`, { body: {}, headers: { 'If-Match': '3' } }),
  precondition_failed: async () => {
    await post('/v1/orders', { ...ORDER, number: 'A-2' });
    const headers = { 'If-None-Match': '*' };
    return call('PUT', '/v1/orders/by-number/A-2', { body: { ...ORDER, number: 'A-2' }, headers });
  },
  bad_request: () => call('GET', '/v1/jobs/%E0%A4%A'),
  not_found: () => call('GET', `/v1/jobs/${MISSING}`),
  method_not_allowed: () => call('PUT', REPORTS),
  not_acceptable: () => call('GET', '/v1/jobs', { headers: { Accept: 'text/csv' } }),
  body_too_large: () => post(REPORTS, { ...PERIOD, title: 'x'.repeat(200_000) }),
  unsupported_media_type: () => post(REPORTS, 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  unsupported_encoding: () =>
    post(REPORTS, '{}', { 'Content-Type': 'application/json', 'Content-Encoding': 'compress' }),
  unsupported_charset: () => post(REPORTS, '{}', { 'Content-Type': 'application/json; charset=utf-7' }),
  idempotency_key_reused: async () => {
    await post(REPORTS, PERIOD, { 'Idempotency-Key': 'one' });
    return post(REPORTS, { ...PERIOD, title: 'Another' }, { 'Idempotency-Key': 'one' });
  },
  missing_key: () => call('GET', REPORTS, { key: null }),
  invalid_key: () => call('GET', REPORTS, { key: 'x'.repeat(40) }),
  invalid_token: () => call('GET', `/v1/jobs/${MISSING}?token=ojt_x`, { key: null }),
  two_credentials: async () => {
    const id = await report();
    return call('GET', `/v1/jobs/${id}?token=${await tokenOf(id)}`);
  },
  missing_scope: async () =>
    app.call('GET', REPORTS, { key: (await app.client('Narrow', [Scope.Webhooks])).key }),
  missing_permission: async () => call('GET', '/v1/jobs', { key: await tokenOf(await report()) }),
  client_exists: () => post('/v1/clients', { name: 'Shop' }),
  own_client: () => call('DELETE', `/v1/clients/${own}`),
  not_ready: async () => call('GET', `${REPORTS}/${await report()}`),
  no_file: async () => call('DELETE', `${REPORTS}/${await report()}`),
  cancelled: async () => call('GET', `${REPORTS}/${await cancelledReport()}`),
  not_failed: async () => post(`/v1/jobs/${await cancelledReport()}/retry`),
  invalid_signature: async () =>
    call('GET', `${REPORTS}/${await report()}/file?expires=4070908800&signature=${'A'.repeat(43)}`, {
      key: null,
    }),
  already_finished: async () => {
    const { id } = await workOutside({ attempt: 1, status: 'COMPLETED', result: {} });
    return call('DELETE', `/v1/jobs/${id}`);
  },
  not_cancelled: async () => (await workOutside({ attempt: 1, status: 'CANCELLED' })).answer,
  stale_attempt: async () => (await workOutside({ attempt: 2, status: 'COMPLETED', result: {} })).answer,
  job_failed: async () => {
    const error = { code: 'out_of_stock', message: 'There is no lamp left.' };
    const { id } = await workOutside({ attempt: 1, status: 'FAILED', error });
    return call('GET', `/v1/tasks/${id}`);
  },
  deadline_exceeded: async () => {
    const error = { code: 'deadline_exceeded', message: 'It took too long.' };
    const { id } = await workOutside({ attempt: 1, status: 'FAILED', error });
    return call('GET', `/v1/tasks/${id}`);
  },
  duplicate_order_number: async () => {
    await post('/v1/orders', ORDER);
    return post('/v1/orders', ORDER);
  },
  empty_file: () => post('/v1/orders/imports', '', { 'Content-Type': 'text/csv' }),
  invalid_multipart: () => post('/v1/orders/imports', 'x', { 'Content-Type': 'multipart/form-data' }),
  invalid_logo: () => call('PUT', '/v1/brand/logo', { body: 'x', headers: { 'Content-Type': 'image/png' } }),
  event_not_kept: () => call('GET', `/v1/events?after=${MISSING}`),
};

describe('a problem', () => {
  it.each(Object.entries(PROVOKED))(
    '%s has a status of the list, and its type leads to the page',
    async (code, provoke) => {
      const { status, body } = await provoke();
      expect(body.code).toBe(code);
      const statuses: number[] = PROBLEM_CODES[code as ProblemCode].kinds.map((kind) => STATUS_OF_KIND[kind]);
      expect(statuses).toContain(status);
      const { pathname, hash } = new URL(body.type, app.url);
      const page = await app.call('GET', pathname, { key: null });
      expect(page.status).toBe(200);
      expect(page.body).toContain(`id="${hash.slice(1)}"`);
    },
  );
});

describe('the page of the problems', () => {
  it('shows every code without a key, and runs nothing', async () => {
    const { status, headers, body } = await app.call('GET', '/problems', { key: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'",
    );
    const shown = [...(body as string).matchAll(/<h3 id="(\w+)">/g)].map(([, code]) => code);
    expect(shown).toEqual(Object.keys(PROBLEM_CODES));
    expect(body).not.toContain('<script');
    const again = await app.call('GET', '/problems', {
      key: null,
      headers: { 'If-None-Match': headers.get('etag')! },
    });
    expect(again.status).toBe(304);
    expect((await app.call('GET', '/problems/more', { key: null })).status).toBe(404);
  });

  it('is in the docs, as it is now', () => {
    const text = markdownOf();
    if (process.env['PROBLEM_CODES'] === 'write') writeFileSync(FILE, text);
    expect(text).toBe(readFileSync(FILE, 'utf8'));
  });
});

function markdownOf(): string {
  const sections = PROBLEM_SECTIONS.map(({ title, note, codes }) => {
    const listed = Object.entries(codes).map(([code, { kinds, title: what, cause, cure }]) => {
      const statuses = kinds.map((kind) => STATUS_OF_KIND[kind]).join(', ');
      return `### ${code}\n\n${statuses}. ${what}.\n\n- Cause: ${cause}\n- Cure: ${cure}\n`;
    });
    return [`## ${title}\n`, ...(note === undefined ? [] : [`${note}\n`]), ...listed].join('\n');
  });
  return [HEAD, ...sections].join('\n');
}

const HEAD = `<!-- Generated from src/common/problem-codes.ts: \`npm run docs:codes\` writes it anew. -->

# Problems

Every error is a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with one of these as its \`code\`. Its \`type\` is the
path of the page at \`/problems\` that has the same list, with the code as the fragment. More codes will come: take one that you do
not know for what its HTTP status says.
`;
