import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { broken, Case, refused, Stage } from './cases';

const PERIOD = { start_date: '2016-01-01', end_date: '2016-02-01' };

/** A finished report of the client of the case. */
async function report({ target, tenant }: Stage): Promise<string> {
  const { id } = await target.json('POST', '/v1/orders/reports', { key: tenant.key, body: PERIOD });
  const job = await target.ended(`/v1/jobs/${String(id)}`, tenant.key, 120_000);
  if (job['status'] !== 'COMPLETED') throw new Error(`the report is ${JSON.stringify(job)}`);
  return String(id);
}

const RANGES = [
  `bytes=${'9'.repeat(15_000)}`,
  `bytes=${'9'.repeat(7_000)}-${'8'.repeat(7_000)}`,
  `bytes=${'0-1,'.repeat(3_500)}`,
  `bytes=${'-'.repeat(15_000)}`,
  `bytes=${' '.repeat(15_000)}0-1`,
  'bytes=5-1',
  'bytes=99999999-',
  'bytes=-0',
  'items=0-1',
];

const LONG = 15_000;
const REQUEST_HEADERS: Record<string, string>[] = [
  { prefer: `wait=${'9'.repeat(LONG)}` },
  { prefer: 'wait,'.repeat(LONG / 5) },
  { prefer: `respond-async; ${'a="b"; '.repeat(2_000)}` },
  { prefer: `"${'\\"'.repeat(7_000)}` },
  { 'idempotency-key': `"${'k'.repeat(LONG)}"` },
  { 'idempotency-key': `"${'\\"'.repeat(7_000)}` },
  { 'idempotency-key': '\u0080\u00ff'.repeat(2_000) },
  { accept: 'text/html;q=0.5,'.repeat(900) },
  { accept: `${'a'.repeat(7_000)}/${'b'.repeat(7_000)}` },
  { 'if-none-match': 'W/"a",'.repeat(2_400) },
  { 'if-none-match': `"${'a'.repeat(LONG)}` },
  { 'if-none-match': ','.repeat(12_000) },
  { 'x-request-id': 'r'.repeat(LONG) },
  { 'last-event-id': '9'.repeat(LONG) },
  { authorization: `Bearer ${'a'.repeat(LONG)}` },
  { authorization: `Bearer ${' '.repeat(LONG)}a` },
  { 'accept-encoding': 'gzip;q=0.1,'.repeat(1_300) },
  { 'accept-language': 'de-DE,'.repeat(2_400) },
  { cookie: 'a=b;'.repeat(3_500) },
  { 'content-type': `application/json;${'a=b;'.repeat(3_500)}` },
  { 'x-forwarded-for': '1.2.3.4,'.repeat(1_800) },
  { traceparent: `00-${'a'.repeat(LONG)}` },
];

/** What knows the recipe of the cursors before this one made of them. */
function selfMade(key: string[], filters: object): string {
  const sum = createHash('sha256')
    .update(JSON.stringify([key, filters]))
    .digest('base64url')
    .slice(0, 12);
  return Buffer.from(JSON.stringify([sum, ...key])).toString('base64url');
}

const LISTS = [
  '/v1/orders',
  '/v1/orders/reports',
  '/v1/orders/imports',
  '/v1/jobs',
  '/v1/tasks',
  '/v1/webhooks/endpoints',
  '/v1/webhooks/deliveries',
];
const CURSORS = [
  ...['x', "' OR 1=1--", '\0', '1'.repeat(40)].flatMap((key) => [
    selfMade([key], {}),
    selfMade([key, key], {}),
    selfMade([key], { clientId: key }),
  ]),
  'x'.repeat(512),
  Buffer.from('[[[[1]]]]').toString('base64url'),
  Buffer.from('{"__proto__":1}').toString('base64url'),
  '%00',
  '..',
];

const RAW: Record<string, string | Buffer> = {
  'CL and TE':
    'POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG',
  'two CL': 'POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\naa',
  'line ends of LF alone': 'GET /v1/orders HTTP/1.1\nHost: x\n\n',
  'a folded header': 'GET /v1/orders HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n',
  'NUL in a header': 'GET /v1/orders HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n',
  'a chunk larger than any':
    'POST /v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
  'headers of 20 KB': `GET /v1/orders HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
  '3,000 headers': `GET /v1/orders HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(3_000)}\r\n`,
  'a path that climbs': 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'a path that climbs in disguise':
    'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'a path that is not URL-encoded': 'GET /v1/orders/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  CONNECT: 'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: x\r\n\r\n',
  'HTTP/2 without TLS': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n\r\n',
  'a method of its own': 'BREW /v1/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  TLS: Buffer.from('160301020001000001fc0303', 'hex'),
  '200 requests in a row': 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200),
};

export const HEADER_CASES: Case[] = [
  {
    name: 'ranges of a report, with a key and by a signed link',
    run: async (stage) => {
      const { target, tenant } = stage;
      const id = await report(stage);
      const { url } = await target.json('GET', `/v1/orders/reports/${id}/link`, { key: tenant.key });
      const link = new URL(String(url));
      const wrong: string[] = [];
      for (const range of RANGES) {
        const headers = { range };
        const answers = [
          await target.call('GET', `/v1/orders/reports/${id}`, { key: tenant.key, headers }),
          await target.call('GET', link.pathname + link.search, { key: null, headers }),
        ];
        for (const answer of answers) {
          wrong.push(...broken(answer));
          if (![200, 206, 416].includes(answer.status)) wrong.push(`${range.slice(0, 30)}: ${answer.status}`);
        }
      }
      return wrong;
    },
  },
  ...REQUEST_HEADERS.map((headers) => ({
    name: `a hostile ${Object.keys(headers).join()} (${Object.values(headers).join().slice(0, 24)}…)`,
    run: async ({ target, tenant }: Stage) => {
      const own = { key: 'authorization' in headers ? null : tenant.key, headers };
      const answers = [
        await target.call('GET', '/v1/orders', own),
        await target.call('POST', '/v1/orders/reports', { ...own, body: PERIOD }),
        await target.call('GET', '/v1/events', own),
      ];
      return answers.flatMap(broken);
    },
  })),
  ...LISTS.map((path) => ({
    name: `GET ${path}: cursors that nobody gave out`,
    run: async ({ target, tenant }: Stage) => {
      const wrong: string[] = [];
      for (const cursor of CURSORS) {
        const query = `cursor=${encodeURIComponent(cursor)}`;
        wrong.push(...refused(await target.call('GET', `${path}?${query}`, { key: tenant.key }), 400));
      }
      return wrong;
    },
  })),
  ...['/v1/clients', '/v1/audit'].map((path) => ({
    name: `GET ${path}: cursors that nobody gave out`,
    run: async ({ target }: Stage) => {
      const wrong: string[] = [];
      for (const cursor of CURSORS) {
        const query = `cursor=${encodeURIComponent(cursor)}`;
        wrong.push(...refused(await target.call('GET', `${path}?${query}`, { key: target.adminKey }), 400));
      }
      return wrong;
    },
  })),
  {
    name: 'GET /v1/events: positions in the feed that nobody gave out',
    run: async ({ target, tenant }) => {
      const wrong: string[] = [];
      for (const after of CURSORS) {
        const path = `/v1/events?after=${encodeURIComponent(after)}`;
        wrong.push(...refused(await target.call('GET', path, { key: tenant.key }), 400));
      }
      return wrong;
    },
  },
  ...Object.entries(RAW).map(([name, bytes]) => ({
    name: `bytes that no client sends: ${name}`,
    run: async ({ target }: Stage) => {
      const answers = await target.raw(bytes);
      return answers.flatMap(broken);
    },
  })),
  {
    name: 'a body of 50 MB that was 50 KB before it was unpacked',
    run: async ({ target, tenant }) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      const answer = await target.call('POST', '/v1/orders', {
        key: tenant.key,
        headers,
        body: gzipSync(Buffer.alloc(50_000_000)),
      });
      return refused(answer, [413, 415]);
    },
  },
];
