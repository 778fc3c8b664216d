import { broken, Case, refused, Stage } from './cases';
import { HOSTILE_TASK } from './target';

/** Just below what a JSON body may have. */
const NEARLY_100_KB = 98_000;

/** `make(n)` with as many elements as fit into a body. */
function filled(make: (elements: string) => string, element: (index: number) => string): string {
  const elements: string[] = [];
  let bytes = make('').length;
  for (let index = 0; bytes < NEARLY_100_KB; index += 1) {
    const next = element(index);
    elements.push(next);
    bytes += next.length + 1;
  }
  return make(elements.slice(0, -1).join(','));
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ORDER = `"number":"N-1","ordered_at":"2026-01-01","currency":"EUR","customer_name":"Zoë"`;
const PERIOD = `"start_date":"2016-01-01","end_date":"2017-01-01"`;

interface Body {
  name: string;
  path: string;
  body: string;
}

const lines = (element: (index: number) => string): string =>
  filled((all) => `{${ORDER},"lines":[${all}]}`, element);
const statuses = (element: (index: number) => string): string =>
  filled((all) => `{${PERIOD},"status":[${all}]}`, element);
const unknown = (of: string): string =>
  filled(
    (all) => `{${of}${all}}`,
    (index) => `"f${index}":1`,
  );
const nested = (open: string, close: string, count: number): string =>
  open.repeat(count) + '1' + close.repeat(count);
const endpoint = (members: string): string => `{"url":"https://example.com/",${members}}`;

const REFUSED: Body[] = [
  { name: 'lines of {}', path: '/v1/orders', body: lines(() => '{}') },
  { name: 'lines of objects with one unknown field', path: '/v1/orders', body: lines(() => '{"a":1}') },
  { name: 'lines of numbers', path: '/v1/orders', body: lines(() => '1') },
  { name: 'lines of []', path: '/v1/orders', body: lines(() => '[]') },
  { name: 'lines of null', path: '/v1/orders', body: lines(() => 'null') },
  { name: 'lines of short texts', path: '/v1/orders', body: lines(() => '""') },
  { name: 'status of {}', path: '/v1/orders/reports', body: statuses(() => '{}') },
  { name: 'status of []', path: '/v1/orders/reports', body: statuses(() => '[]') },
  { name: 'status of distinct numbers', path: '/v1/orders/reports', body: statuses(String) },
  { name: 'status of distinct texts', path: '/v1/orders/reports', body: statuses((index) => `"${index}"`) },
  { name: 'unknown fields of a report', path: '/v1/orders/reports', body: unknown(`${PERIOD},`) },
  { name: 'unknown fields of an order', path: '/v1/orders', body: unknown(`${ORDER},`) },
  { name: 'unknown fields of a job', path: '/v1/jobs', body: unknown('"type":"orders.report",') },
  {
    name: 'unknown parameters of a job',
    path: '/v1/jobs',
    body: `{"type":"orders.report","parameters":${unknown(`${PERIOD},`)}}`,
  },
  {
    name: 'parameters of a job with a long status',
    path: '/v1/jobs',
    body: `{"type":"orders.report","parameters":${statuses(() => '{}')}}`,
  },
  {
    name: 'event types without end',
    path: '/v1/webhooks/endpoints',
    body: filled(
      (all) => endpoint(`"event_types":[${all}]`),
      (index) => `"e${index}"`,
    ),
  },
  {
    name: 'event types of {}',
    path: '/v1/webhooks/endpoints',
    body: filled(
      (all) => endpoint(`"event_types":[${all}]`),
      () => '{}',
    ),
  },
  {
    name: 'types of a claim without end',
    path: '/v1/tasks/claim',
    body: filled(
      (all) => `{"types":[${all}]}`,
      (index) => `"t${index}"`,
    ),
  },
  {
    name: 'a title nested 40,000 times',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"title":${nested('[', ']', 40_000)}}`,
  },
  {
    name: 'objects in objects',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"title":${nested('{"a":', '}', 15_000)}}`,
  },
  { name: 'one name of 97 KB', path: '/v1/orders/reports', body: `{${PERIOD},"${'n'.repeat(97_000)}":1}` },
  {
    name: 'one text of 97 KB',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"title":"${'t'.repeat(97_000)}"}`,
  },
  {
    name: 'one number of 97,000 digits',
    path: '/v1/orders',
    body: `{${ORDER},"lines":[{"quantity":${'9'.repeat(97_000)}}]}`,
  },
  {
    name: 'a decimal of 97,000 digits as text',
    path: '/v1/orders',
    body: `{${ORDER},"lines":[{"sku":"S","description":"D","unit_price":"1","quantity":"${'9'.repeat(97_000)}"}]}`,
  },
  {
    name: 'a locale of 97 KB',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"locale":"de-${'x-'.repeat(48_000)}"}`,
  },
  {
    name: 'a time zone of 97 KB',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"time_zone":"Etc/${'a/'.repeat(48_000)}"}`,
  },
  {
    name: 'a date of 97 KB',
    path: '/v1/orders/reports',
    body: `{"start_date":"${'2016-'.repeat(19_000)}","end_date":"2017-01-01"}`,
  },
  {
    name: 'an order time of 97 KB',
    path: '/v1/orders',
    body: `{${ORDER.replace('2026-01-01', '2026-01-01T'.repeat(8_800))},"lines":[]}`,
  },
  {
    name: 'a callback URL of 97 KB',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"callback_url":"https://${'a.'.repeat(48_000)}"}`,
  },
  {
    name: 'NUL in every field',
    path: '/v1/orders/reports',
    body: filled(
      (all) => `{${all}}`,
      (index) => `"f${index}":"\\u0000"`,
    ),
  },
  {
    name: 'names with meaning to objects',
    path: '/v1/orders/reports',
    body: `{${PERIOD},"__proto__":{"a":1},"constructor":1}`,
  },
];

const GOOD_LINE = '{"sku":"S","description":"D","quantity":"1","unit_price":"1.50"}';

/** As much as passes the count: validated to the end. */
const PASSING: Body[] = [
  {
    name: '500 good lines',
    path: '/v1/orders',
    body: `{${ORDER},"lines":[${Array(500).fill(GOOD_LINE).join()}]}`,
  },
  {
    name: '495 lines of nine unknown fields',
    path: '/v1/orders',
    body: `{${ORDER},"lines":[${Array(495)
      .fill(`{${Array.from({ length: 9 }, (_, index) => `"f${index}":1`).join()}}`)
      .join()}]}`,
  },
  {
    name: 'parameters of 1,900 objects',
    path: '/v1/jobs',
    body: `{"type":"orders.report","parameters":{${PERIOD},"status":[${Array(1_900).fill('{}').join()}]}}`,
  },
  {
    name: '499 unknown fields with names of 190 characters',
    path: '/v1/orders/reports',
    body: `{${Array.from({ length: 499 }, (_, index) => `"${'n'.repeat(186)}${index}":1`).join()}}`,
  },
];

const MALFORMED: Body[] = [
  { name: 'no JSON', path: '/v1/orders', body: '{'.repeat(NEARLY_100_KB) },
  { name: 'an array', path: '/v1/orders', body: `[${'1,'.repeat(40_000)}1]` },
  { name: 'nothing', path: '/v1/orders', body: '' },
  { name: 'text', path: '/v1/orders', body: '"text"' },
];

const post = ({ target, tenant }: Stage, path: string, body: string | Buffer, headers = JSON_TYPE) =>
  target.call('POST', path, { key: tenant.key, headers, body });

export const BODIES: Case[] = [
  // First, while nothing of the process is warm.
  ...PASSING.map(({ name, path, body }) => ({
    name: `POST ${path}: ${name}`,
    run: async (stage: Stage) => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => post(stage, path, body)));
      return answers.flatMap(broken);
    },
  })),
  {
    name: 'POST of a key that expires at a text of 97 KB',
    run: async ({ target, tenant }) => {
      const body = { name: 'k', scopes: ['orders'], expires_at: 'T'.repeat(97_000) };
      const path = `/v1/clients/${tenant.id}/keys`;
      return refused(await target.call('POST', path, { key: target.adminKey, body }), 422, 'invalid_request');
    },
  },
  ...REFUSED.map(({ name, path, body }) => ({
    name: `POST ${path}: ${name}`,
    run: async (stage: Stage) =>
      refused(
        await post(stage, path, body),
        422,
        'invalid_request',
        'callback_url_refused',
        'callback_refused',
      ),
  })),
  ...MALFORMED.map(({ name, path, body }) => ({
    name: `POST ${path}: ${name}`,
    run: async (stage: Stage) => refused(await post(stage, path, body), [400, 422]),
  })),
  {
    name: 'POST /v1/orders: four times 98 KB of {} at once',
    run: async (stage) => {
      const body = lines(() => '{}');
      const answers = await Promise.all(Array.from({ length: 4 }, () => post(stage, '/v1/orders', body)));
      return answers.flatMap((answer) => refused(answer, 422, 'invalid_request'));
    },
  },
  {
    name: 'POST /v1/orders: more bytes than a body may have',
    run: async (stage) => refused(await post(stage, '/v1/orders', `"${'a'.repeat(5_000_000)}"`), 413),
  },
  ...Object.entries({
    'of {}': filled(
      (all) => `{"a":[${all}]}`,
      () => '{}',
    ),
    'of numbers': filled(
      (all) => `{"a":[${all}]}`,
      () => '1',
    ),
    'of fields': unknown(''),
    'of one text': `{"a":"${'t'.repeat(90_000)}"}`,
    'that is nested': `{"a":${nested('[', ']', 40_000)}}`,
  }).map(([name, result]) => ({
    name: `a result of an external task ${name}`,
    run: async (stage: Stage) => {
      const { target, tenant } = stage;
      const { key } = tenant;
      const body = { type: HOSTILE_TASK, parameters: {} };
      const id = String((await target.json('POST', '/v1/jobs', { key, body }))['id']);
      const { attempt } = await target.json('POST', '/v1/tasks/claim', {
        key,
        body: { types: [HOSTILE_TASK] },
      });
      const move = `{"attempt":${String(attempt)},"status":"COMPLETED","result":${result}}`;
      const answer = await target.call('PUT', `/v1/tasks/${id}`, { key, headers: JSON_TYPE, body: move });
      return [...broken(answer), ...broken(await target.call('GET', `/v1/jobs/${id}`, { key }))];
    },
  })),
  ...['utf-7', 'utf-16le', 'iso-8859-1'].map((charset) => ({
    name: `a body in ${charset}`,
    run: async (stage: Stage) => {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      return refused(await post(stage, '/v1/orders', '{}', headers), [400, 415]);
    },
  })),
  {
    name: 'a query with 1,000 parameters, and one repeated 1,000 times',
    run: async ({ target, tenant }) => {
      const many = Array.from({ length: 1_000 }, (_, index) => `p${index}=1`).join('&');
      const repeated = Array.from({ length: 1_000 }, () => 'status=paid').join('&');
      const answers = await Promise.all(
        [many, repeated].map((query) => target.call('GET', `/v1/orders?${query}`, { key: tenant.key })),
      );
      return answers.flatMap((answer) => refused(answer, 400));
    },
  },
];
