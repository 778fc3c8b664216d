import fc from 'fast-check';
import { broken, Case, Stage } from './cases';
import { imported } from './files';

/** What is sent next to a limit: lengths, counts and depths around powers and around the limits that are documented. */
const EDGES = [
  0, 1, 2, 6, 7, 31, 32, 33, 100, 101, 200, 201, 255, 500, 501, 512, 2_000, 2_001, 2_048, 2_049, 10_001,
];

/** Without halves of characters, which neither a URL nor UTF-8 can write. */
const wellFormed = (given: string): string => Buffer.from(given).toString();

const edge = fc.constantFrom(...EDGES);
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 2 }), edge)
      .map(([unit, times]) => unit.repeat(times)),
  },
  fc.constantFrom(
    '2016-01-01',
    '2017-01-01',
    'de-DE',
    'Europe/Berlin',
    'EUR',
    'paid',
    'pdf',
    '1.50',
    '-0',
    '1e400',
    'NaN',
  ),
);
const scalar = fc.oneof(text, fc.double(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  {
    weight: 2,
    arbitrary: fc.tuple(scalar, edge).map(([item, count]) => Array.from({ length: count }, () => item)),
  },
  fc.tuple(edge).map(([count]) => Array.from({ length: count }, () => ({}))),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(2, 31, 32, 33, 500).map((depth) => {
    let nested: unknown = 1;
    for (let at = 0; at < depth; at += 1) nested = at % 2 === 0 ? [nested] : { a: nested };
    return nested;
  }),
);

/** By route, the fields that it knows: each is there or not, with any value. */
const ROUTES: Record<string, string[]> = {
  'POST /v1/orders': [
    'number',
    'ordered_at',
    'status',
    'currency',
    'customer_name',
    'customer_reference',
    'lines',
  ],
  'POST /v1/orders/reports': [
    'start_date',
    'end_date',
    'status',
    'include_items',
    'format',
    'accessible',
    'locale',
    'time_zone',
    'title',
    'callback_url',
  ],
  'POST /v1/erasures': ['customer_reference'],
  'POST /v1/jobs': ['type', 'parameters', 'callback_url'],
  'POST /v1/webhooks/endpoints': ['url', 'event_types', 'description', 'rate_limit'],
  'POST /v1/tasks/claim': ['types', 'worker'],
  'PUT /v1/tasks/01900000-0000-7000-8000-000000000000': ['attempt', 'status', 'progress', 'result', 'error'],
};

const request = fc.constantFrom(...Object.keys(ROUTES)).chain((route) =>
  fc.record({
    route: fc.constant(route),
    body: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record(Object.fromEntries(ROUTES[route]!.map((field) => [field, value])), {
          requiredKeys: [],
        }),
      },
      {
        weight: 2,
        arbitrary: fc
          .record({ known: fc.constant(ROUTES[route]!), more: fc.dictionary(text, value, { maxKeys: 5 }) })
          .map(({ more }) => more),
      },
      { weight: 1, arbitrary: value },
    ),
    /** Bytes of the JSON that are changed, so that some of it is none. */
    damage: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, fc.tuple(fc.nat(), fc.nat(255))),
  }),
);

const HEADERS = [
  'prefer',
  'idempotency-key',
  'accept',
  'if-none-match',
  'range',
  'last-event-id',
  'x-request-id',
  'content-type',
  'accept-language',
  'authorization',
];
const headerText = fc
  .oneof(
    fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    }),
    fc
      .tuple(fc.constantFrom('a', '"', '\\"', 'wait=', ',', ';', ' ', '9', '-', 'bytes=0-', 'W/"', '='), edge)
      .map(([unit, times]) => unit.repeat(times).slice(0, 12_000)),
  )
  .map((written) => written.trim());
const headed = fc.record({
  path: fc.constantFrom(
    '/v1/orders',
    '/v1/orders/reports',
    '/v1/jobs',
    '/v1/events',
    '/v1/tasks',
    '/v1/webhooks/deliveries',
  ),
  headers: fc.dictionary(fc.constantFrom(...HEADERS), headerText, { minKeys: 1, maxKeys: 3 }),
  query: fc.oneof(
    fc.constant(''),
    fc
      .tuple(fc.constantFrom('cursor', 'page_size', 'status', 'after', 'from', 'type'), text)
      .map(([name, given]) => `?${name}=${encodeURIComponent(wellFormed(given.slice(0, 4_000)))}`),
  ),
});

const cell = fc.oneof(
  fc.constantFrom(
    'A-1',
    '2026-01-01',
    'Eve',
    'S-1',
    '2',
    '1.50',
    '',
    '"',
    '""',
    '\n',
    '\r\n',
    '\r',
    '\0',
    '\u009b',
    '=1+1',
    '😀',
    '1e400',
  ),
  text.map((written) => `"${wellFormed(written).replaceAll('"', '""')}"`),
);
const row = fc.array(cell, { maxLength: 12 }).map((cells) => cells.join(','));
const file = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(row, { maxLength: 30 }), edge)
      .map(([rows, times]) =>
        `order_number,ordered_at,customer_name,sku,description,quantity,unit_price\n${`${rows.join('\n')}\n`.repeat(Math.min(times, 300))}`.slice(
          0,
          2_000_000,
        ),
      ),
  },
  fc.array(row, { maxLength: 30 }).map((rows) => rows.join('\r\n')),
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
);

async function sendAll<T>(items: readonly T[], send: (item: T) => Promise<string[]>): Promise<string[]> {
  const wrong: string[] = [];
  for (const item of items)
    for (const each of await send(item)) wrong.push(`${each} for ${JSON.stringify(item).slice(0, 300)}`);
  return wrong;
}

const FILES_AT_ONCE = 10;

/** Cases that nobody thought of: as many of each kind as are asked for, the same for the same seed. */
export function generatedCases(seed: number, count: number): Case[] {
  const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] =>
    fc.sample(arbitrary, { seed, numRuns });
  const inParts = <T>(items: T[], size: number): T[][] =>
    Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
      items.slice(part * size, (part + 1) * size),
    );
  const bodies = inParts(sample(request, count), 50).map((part, index): Case => ({
    name: `generated bodies ${index * 50 + 1} to ${index * 50 + part.length}`,
    run: ({ target, tenant }) =>
      sendAll(part, async ({ route, body, damage }) => {
        const [method = '', path = ''] = route.split(' ');
        const bytes = Buffer.from(JSON.stringify(body));
        if (damage !== undefined && bytes.length > 0) bytes[damage[0] % bytes.length] = damage[1];
        const headers = { 'content-type': 'application/json' };
        return broken(await target.call(method, path, { key: tenant.key, headers, body: bytes }));
      }),
  }));
  const headers = inParts(sample(headed, count), 50).map((part, index): Case => ({
    name: `generated headers and queries ${index * 50 + 1} to ${index * 50 + part.length}`,
    run: ({ target, tenant }) =>
      sendAll(part, async ({ path, headers: sent, query }) => {
        const key = 'authorization' in sent ? null : tenant.key;
        return broken(await target.call('GET', path + query, { key, headers: sent }));
      }),
  }));
  const files = inParts(sample(file, Math.ceil(count / 2)), FILES_AT_ONCE).map((part, index): Case => ({
    name: `generated files ${index * FILES_AT_ONCE + 1} to ${index * FILES_AT_ONCE + part.length}`,
    run: async (stage: Stage) =>
      (await Promise.all(part.map((each) => imported(stage, each, 'either')))).flat(),
  }));
  return [...bodies, ...headers, ...files];
}
