import { createHash, randomUUID } from 'node:crypto';
import { INPUT_LIMITS } from '../../src/common/http/unreadable-fields';
import { TestApp } from '../support/test-app';
import { OpenApi, Operation, Schema } from './support/openapi';
import { nameOf } from './support/routes';
import { TENANT_SETTINGS } from './support/tenant';

/** Nothing that is refused is answered with more. */
const LARGEST_PROBLEM = 64 * 1024;
/** The body parser's own limit is 100 KB. */
const BODY_BYTES = 98_000;

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const ORDER = { number: 'A', ordered_at: '2016-01-01', currency: 'USD', customer_name: 'Claire Gute' };
const LINE = { sku: 'A', description: 'A', quantity: '1', unit_price: '1' };

let app: TestApp;
let openApi: OpenApi;
/** A key for everything. */
let key: string;

beforeAll(async () => {
  app = await TestApp.start({ ...TENANT_SETTINGS, ROLE: 'api' });
  openApi = await OpenApi.of(app);
  ({ key } = await app.client('Hostile'));
});

afterAll(() => app.stop());

interface Refusal {
  status: number;
  bytes: number;
  code: string;
  detail: string;
  errors: { field: string; message: string }[];
}

async function refusalOf(
  method: string,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Refusal> {
  const response = await fetch(new URL(path, app.url), {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  return { ...JSON.parse(text), status: response.status, bytes: Buffer.byteLength(text) } as Refusal;
}

/** As many of these as fit into a body. */
const listOf = (element: string): string =>
  `[${Array(Math.floor((BODY_BYTES - 300) / (element.length + 1)))
    .fill(element)
    .join()}]`;

/** The object with one more member, given as JSON. */
const withMember = (object: object, name: string, json: string): string =>
  `${JSON.stringify(object).replace(/\}$/, '')}${Object.keys(object).length > 0 ? ',' : ''}"${name}":${json}}`;

/** Distinct fields, as many as fit. */
const manyFields = (): string => `{${Array.from({ length: 8_000 }, (_, index) => `"f${index}":1`).join()}}`;

const TASK = `/v1/tasks/${randomUUID()}`;
const RESULT = { attempt: 1, status: 'COMPLETED' };

type Case = [what: string, method: string, path: string, body: string, field: string, message: string];

const CASES: Case[] = [
  ...['{}', '{"a":1}', '1', '[]', 'null', '"x"', '{"sku":{}}'].map((element): Case => [
    `lines of ${element}`,
    'POST',
    '/v1/orders',
    withMember(ORDER, 'lines', listOf(element)),
    'lines',
    'lines must have at most 2000 elements',
  ]),
  [
    'more good lines than a request may have',
    'POST',
    '/v1/orders',
    JSON.stringify({ ...ORDER, lines: Array(501).fill(LINE) }),
    'lines',
    'lines must have at most 500 elements',
  ],
  ...['{}', '[]', '"shipped"', '1'].map((element): Case => [
    `a status of ${element}`,
    'POST',
    '/v1/orders/reports',
    withMember(PERIOD, 'status', listOf(element)),
    'status',
    'status must have at most 2000 elements',
  ]),
  [
    'a status list that is short enough to be read',
    'POST',
    '/v1/orders/reports',
    JSON.stringify({ ...PERIOD, status: Array.from({ length: 1_999 }, (_, index) => index) }),
    'status',
    'status must have at most 6 elements',
  ],
  [
    'a status list inside of a job',
    'POST',
    '/v1/jobs',
    JSON.stringify({ type: 'orders.report', parameters: { ...PERIOD, status: Array(50).fill('shipped') } }),
    'parameters.status',
    'status must have at most 6 elements',
  ],
  [
    'event types without end',
    'POST',
    '/v1/webhooks/endpoints',
    withMember({ url: 'https://example.com' }, 'event_types', listOf('"a.b"')),
    'event_types',
    'event_types must have at most 2000 elements',
  ],
  [
    'types of a claim without end',
    'POST',
    '/v1/tasks/claim',
    JSON.stringify({ types: Array(101).fill('a') }),
    'types',
    'types must have at most 100 elements',
  ],
  [
    'scopes without end',
    'POST',
    `/v1/clients/${randomUUID()}/keys`,
    withMember({ name: 'a' }, 'scopes', listOf('"orders"')),
    'scopes',
    'scopes must have at most 2000 elements',
  ],
  ['fields without end', 'POST', '/v1/jobs', manyFields(), '', 'the body must have at most 500 fields'],
  [
    'fields without end inside of a job',
    'POST',
    '/v1/jobs',
    withMember({ type: 'orders.report' }, 'parameters', manyFields()),
    'parameters',
    'parameters must have at most 500 fields',
  ],
  [
    'the result of a task with fields without end',
    'PUT',
    TASK,
    withMember(RESULT, 'result', manyFields()),
    'result',
    'result must have at most 500 fields',
  ],
  [
    'the result of a task with lists in lists',
    'PUT',
    TASK,
    withMember(RESULT, 'result', `{"rows":${listOf(`[${Array(999).fill('[]').join()}]`)}}`),
    '',
    'the body must have at most 5000 values in all',
  ],
  [
    'the parameters of an external task with objects in lists',
    'POST',
    '/v1/jobs',
    withMember({ type: 'warehouse.pick' }, 'parameters', `{"rows":${listOf('{"a":{"b":{"c":1}}}')}}`),
    'parameters.rows',
    'parameters.rows must have at most 2000 elements',
  ],
];

it.each(CASES)(
  '%s: one problem, which names the field',
  async (_what, method, path, body, field, message) => {
    const refusal = await refusalOf(method, path, body);
    expect(refusal).toMatchObject({ status: 422, code: 'invalid_request', errors: [{ field, message }] });
    expect(refusal.errors).toHaveLength(1);
    expect(refusal.bytes).toBeLessThan(1_024);
  },
);

it('takes an order of as many lines as a request may have', async () => {
  const body = { ...ORDER, number: randomUUID(), lines: Array(500).fill(LINE) };
  const answer = await app.call('POST', '/v1/orders', { key, body });
  expect(answer).toMatchObject({ status: 201, body: { total: expect.stringMatching(/^500/) as string } });
});

describe('a problem', () => {
  it('names a hundred errors at most, and says that there are more', async () => {
    const refusal = await refusalOf(
      'POST',
      '/v1/orders',
      JSON.stringify({ ...ORDER, lines: Array(500).fill({}) }),
    );
    expect(refusal).toMatchObject({ status: 422, code: 'invalid_request' });
    expect(refusal.detail).toContain('Not all errors are named.');
    expect(refusal.errors).toHaveLength(INPUT_LIMITS.errors);
    expect(refusal.errors[0]!.field).toBe('lines.0.sku');
    expect(refusal.bytes).toBeLessThan(LARGEST_PROBLEM);
  });

  const long = (letter: string, bytes: number): string => letter.repeat(bytes / Buffer.byteLength(letter));
  it.each<[string, string]>([
    ['an unknown field of 90 KB', `{"${long('x', 90_000)}":1}`],
    ['an unknown field of 90 KB in wide letters', `{"${long('€', 90_000)}":1}`],
    ['a field of 90 KB that cannot be stored', `{"a":{"${long('x', 90_000)}":"\\u0000"}}`],
    ['a hundred such fields in one of 60 KB', `{"${long('x', 60_000)}":{${manyNul(100)}}}`],
    ['four hundred unknown fields of 200 characters', `{${manyLong(400, 200)}}`],
    ['three hundred unknown fields in wide letters', `{${manyLong(300, 100, '€')}}`],
    [
      'four hundred prototypes',
      `{${Array.from({ length: 400 }, (_, n) => `"f${n}":{"__proto__":1}`).join()}}`,
    ],
    ['nesting without end', `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
  ])('about %s is short', async (_what, body) => {
    for (const path of ['/v1/jobs', '/v1/orders', '/v1/orders/reports']) {
      const refusal = await refusalOf('POST', path, body);
      expect(refusal).toMatchObject({ status: 422, code: 'invalid_request' });
      expect(refusal.errors.length).toBeGreaterThan(0);
      expect(refusal.bytes).toBeLessThan(LARGEST_PROBLEM);
      for (const { field } of refusal.errors) expect(field.length).toBeLessThanOrEqual(200);
    }
  });

  it('about a query is short', async () => {
    for (const query of [`${'x'.repeat(12_000)}=1`, `status=${'a,'.repeat(6_000)}`, 'x=1&'.repeat(3_000)]) {
      const answer = await app.call('GET', `/v1/jobs?${query}`, { key });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
      expect(JSON.stringify(answer.body).length).toBeLessThan(LARGEST_PROBLEM);
    }
  });
});

function manyNul(count: number): string {
  return Array.from({ length: count }, (_, index) => `"f${index}":"\\u0000"`).join();
}

function manyLong(count: number, length: number, letter = 'x'): string {
  return Array.from({ length: count }, (_, index) => `"${String(index).padEnd(length, letter)}":1`).join();
}

describe('every list of the document', () => {
  /** The names and schemas of the lists that a schema has at its top. */
  const listsIn = (schema: Schema): [string, Schema][] => {
    const { properties = {}, allOf = [] } = openApi.resolve(schema) as {
      properties?: Schema;
      allOf?: Schema[];
    };
    const own = Object.entries(properties as Record<string, Schema>).filter(
      ([, property]) => openApi.resolve(property)['type'] === 'array',
    );
    return [...own, ...allOf.flatMap(listsIn)];
  };
  const bodyOf = ({ requestBody }: Operation): Schema | undefined =>
    requestBody?.content['application/json']?.schema;
  const filled = (path: string): string => path.replace(/\{\w+\}/g, randomUUID());

  it('of a body says how long it may be, and is refused when it is longer', async () => {
    const wrong: string[] = [];
    let lists = 0;
    for (const operation of openApi.operations) {
      const schema = bodyOf(operation);
      for (const [name, { maxItems }] of schema === undefined ? [] : listsIn(schema)) {
        lists += 1;
        const tooMany = Array.from({ length: Number(maxItems ?? 0) + 1 }, (_, index) => `x${index}`);
        const refusal = await refusalOf(
          operation.method,
          filled(operation.path),
          JSON.stringify({ [name]: tooMany }),
        );
        const isRefused = refusal.errors.some(
          ({ field, message }) =>
            field === name && message === `${name} must have at most ${maxItems} elements`,
        );
        if (!isRefused) wrong.push(`${nameOf(operation)}: ${name}: ${JSON.stringify(refusal).slice(0, 300)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(lists).toBeGreaterThan(5);
  });

  it('of a query says how long it may be, and is refused when it is longer', async () => {
    const wrong: string[] = [];
    for (const operation of openApi.operations) {
      for (const { name, in: place, schema } of operation.parameters) {
        if (place !== 'query' || schema['type'] !== 'array') continue;
        const value = openApi.resolve(schema['items'] as Schema)['enum']?.[0] ?? 'x';
        const query = Array(Number(schema['maxItems'] ?? 0) + 1).fill(`${name}=${value}`);
        const answer = await app.call(operation.method, `${filled(operation.path)}?${query.join('&')}`, {
          key,
        });
        const fields = (answer.body.errors ?? []).map(({ field }: { field: string }) => field);
        if (schema['maxItems'] === undefined || answer.status !== 400 || !fields.includes(name))
          wrong.push(`${nameOf(operation)}: ${name}: ${answer.status} ${JSON.stringify(fields)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('a cursor', () => {
  const encoded = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
  /** With the sum that anybody could make before cursors had a secret. */
  const formerCursor = (key: string[], filters: object): string =>
    encoded([
      createHash('sha256')
        .update(JSON.stringify([key, filters]))
        .digest('base64url')
        .slice(0, 12),
      ...key,
    ]);
  const PARTS = ['x', "' OR 1=1--", '\0', '1'.repeat(40), randomUUID(), '2016-01-01T00:00:00Z', ''];

  it('that was forged, or is of before, is refused by every list and is never an error of ours', async () => {
    const { body: client } = await app.call('POST', '/v1/clients', {
      key,
      body: { name: randomUUID() },
    });
    const lists = openApi.operations.filter(
      ({ method, parameters }) => method === 'GET' && parameters.some(({ name }) => name === 'cursor'),
    );
    expect(lists.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/v1/jobs',
        '/v1/orders',
        '/v1/clients',
        '/v1/audit',
        '/v1/webhooks/deliveries',
      ]),
    );
    const wrong: string[] = [];
    for (const { path } of lists) {
      const forged = PARTS.flatMap((part) => [
        formerCursor([part], {}),
        formerCursor([part], { clientId: client.id }),
        formerCursor([part, part], {}),
        encoded(['A'.repeat(22), part]),
      ]);
      for (const cursor of forged) {
        const answer = await app.call('GET', `${path.replace('{id}', client.id)}?cursor=${cursor}`, {
          key,
        });
        if (answer.status !== 400 || answer.body.code !== 'invalid_cursor')
          wrong.push(`${path} ${cursor}: ${answer.status} ${answer.body.code}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is good for its own list, filters and client alone', async () => {
    const { body: made } = await app.call('POST', '/v1/clients', {
      key,
      body: { name: randomUUID() },
    });
    for (const asked of [1, 2]) {
      await app.call('POST', '/v1/orders', { key, body: { ...ORDER, number: `C-${asked}`, lines: [LINE] } });
      await app.call('POST', '/v1/orders/reports', { key, body: PERIOD });
    }
    const next = async (path: string): Promise<string> =>
      (await app.call('GET', `${path}page_size=1`, { key })).body.next_cursor;
    const codeOf = async (path: string, as = key): Promise<number | string> => {
      const { status, body } = await app.call('GET', path, { key: as });
      return body.code ?? status;
    };
    const [orders, jobs, clients] = [
      await next('/v1/orders?'),
      await next('/v1/jobs?'),
      await next('/v1/clients?'),
    ];
    expect(await codeOf(`/v1/orders?cursor=${orders}`)).toBe(200);
    expect(await codeOf(`/v1/jobs?cursor=${jobs}`)).toBe(200);
    expect(await codeOf(`/v1/jobs?cursor=${orders}`)).toBe('invalid_cursor');
    expect(await codeOf(`/v1/orders/reports?cursor=${jobs}`)).toBe('invalid_cursor');
    expect(await codeOf(`/v1/audit?cursor=${clients}`)).toBe('invalid_cursor');
    expect(await codeOf(`/v1/clients/${made.id}/keys?cursor=${clients}`)).toBe('invalid_cursor');
    expect(await codeOf(`/v1/orders?status=shipped&cursor=${orders}`)).toBe('invalid_cursor');
    const { key: other } = await app.client(randomUUID());
    expect(await codeOf(`/v1/orders?cursor=${orders}`, other)).toBe('invalid_cursor');
    expect(await codeOf(`/v1/jobs?cursor=${jobs}`, other)).toBe('invalid_cursor');
  });
});

it.each(['utf-7', 'utf-16', 'utf-32', 'UTF-16LE', 'iso-8859-1', 'us-ascii'])(
  'refuses JSON in %s, and takes it in UTF-8',
  async (charset) => {
    const send = (name: string): Promise<Refusal> =>
      refusalOf('POST', '/v1/orders/reports', '{"colour":1}', {
        'Content-Type': `application/json; charset=${name}`,
      });
    expect(await send(charset)).toMatchObject({ status: 415, code: 'unsupported_charset' });
    for (const good of ['utf-8', 'UTF-8', '"utf-8"'])
      expect(await send(good)).toMatchObject({ status: 422, code: 'invalid_request' });
  },
);
