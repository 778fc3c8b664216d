import { File } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  ApiError,
  ConnectionError,
  type components,
  isProblem,
  DamagedFileError,
  type Job,
  JobEndedError,
  type JobHandle,
  OrderReports,
} from '../../sdk/src/index.ts';
import { submitScript, withScripts } from '../support/scripted-app';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';
import { ADMIN_KEY } from '../support/test-config';
import { gates } from '../support/test-jobs';
import { FaultyProxy } from './faulty-proxy';

const PERIOD = { start_date: '2016-01-01', end_date: '2017-01-01' };
const ORDERS = 120;
const ORDER = {
  number: 'A-1',
  ordered_at: '2016-01-02T10:30:00Z',
  currency: 'EUR',
  customer_name: 'Zoë Müller',
  lines: [{ sku: 'LAMP', description: 'Lamp', quantity: '1', unit_price: '19.95' }],
};

const NEW_ORDERS = orderFile(1, 'y');

type JobPermission = components['schemas']['JobPermission'];

let app: TestApp;
let proxy: FaultyProxy;
let client: OrderReports;
let clientId: string;
let apiKey: string;

beforeAll(async () => {
  app = await TestApp.start({}, undefined, withScripts);
  ({ id: clientId, key: apiKey } = await app.client('sdk'));
  proxy = await FaultyProxy.before(app.url);
  client = new OrderReports({ baseUrl: proxy.url, apiKey });
  const imported = await client.imports.create(orderFile(ORDERS));
  await imported.done();
  expect((await imported.result()).result).toMatchObject({ created: ORDERS });
});
beforeEach(() => {
  proxy.faultOf = () => undefined;
  proxy.seen.length = 0;
});
afterAll(async () => {
  await proxy.close();
  await app.stop();
});

/** Orders in the form that an import reads, the names long enough that a file of them is larger than a packet. */
function orderFile(count: number, name = 'x'.repeat(180)): string {
  const rows = Array.from(
    { length: count },
    (_each, index) => `${name.slice(0, 1)}-${index},2016-03-01,paid,EUR,${name},SKU,Lamp,1,10.00`,
  );
  return `number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price\n${rows.join('\n')}\n`;
}

/** A job that runs until its gate is opened. */
async function gatedJob(): Promise<JobHandle> {
  const job = client.jobs.get(await submitScript(app, clientId, 'wait'));
  await waitFor(() => gates.waiting.length > 0, { what: 'the job at its gate' });
  return job;
}

const statuses = async (updates: AsyncIterable<Job>): Promise<string[]> => {
  const seen: string[] = [];
  for await (const { status } of updates) if (seen.at(-1) !== status) seen.push(status);
  return seen;
};

const calls = (pattern: RegExp): number => proxy.seen.filter((each) => pattern.test(each)).length;

describe('a report', () => {
  it('is asked for, followed by its stream, and fetched in each format', async () => {
    const report = await client.reports.create({
      ...PERIOD,
      formats: ['csv', 'ndjson'],
      title: 'Two formats',
    });
    const seen = await statuses(report.updates());
    expect(['PENDING', 'IN_PROGRESS']).toContain(seen[0]);
    expect(seen.at(-1)).toBe('COMPLETED');
    expect(calls(/\/events$/)).toBe(1);
    const { artifacts } = (await report.get()).result as { artifacts: { format: string; sha256: string }[] };
    for (const [index, format] of (['csv', 'ndjson'] as const).entries()) {
      const file = await report.file(format);
      const bytes = await file.bytes();
      expect(file).toMatchObject({ name: `orders-${report.id}.${format}`, size: bytes.length });
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifacts[index]!.sha256);
    }
    expect(await (await report.file()).text()).toContain('x-7');
  });

  it.each(['orders-of-2016', 'orders of "2016"'])(
    'is the same one for another process that has its id, or the key %j',
    async (idempotencyKey) => {
      const first = await client.reports.create({ ...PERIOD, format: 'csv' }, { idempotencyKey });
      const other = new OrderReports({ baseUrl: `${app.url}/`, apiKey });
      const again = await other.reports.create({ ...PERIOD, format: 'csv' }, { idempotencyKey });
      expect(again.id).toBe(first.id);
      expect(await (await other.reports.get(first.id).file()).text()).toContain('x-7');
    },
  );

  it('is accepted once, though the answer was lost and the call was sent again', async () => {
    const lost = new Set<string>();
    proxy.faultOf = (method, _path, headers) => {
      const key = String(headers['idempotency-key']);
      if (method !== 'POST' || lost.has(key)) return undefined;
      lost.add(key);
      return { cutAfter: -1 };
    };
    const before = await ids();
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    expect(calls(/^POST/)).toBe(2);
    expect(await ids()).toEqual([report.id, ...before]);
  });

  it('is not followed for longer than its caller wants', async () => {
    proxy.faultOf = (_method, path) => (path.endsWith('/events') ? 'hangs' : undefined);
    const report = await client.jobs.create({
      type: 'orders.report',
      parameters: { ...PERIOD, format: 'csv' },
    });
    await expect(report.done({ signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('that was cancelled has no file', async () => {
    // A report of its own might be made before it is cancelled.
    const report = client.reports.get((await gatedJob()).id);
    await report.cancel();
    gates.release();
    const error = await report.file().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobEndedError);
    expect(error).toMatchObject({ code: 'cancelled', job: { id: report.id, status: 'CANCELLED' } });
  });

  const ids = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const { id } of client.reports.list()) all.push(id);
    return all;
  };
});

it('jobs are known by what they were given, and listed by a tag', async () => {
  const labels = { metadata: { customer: 'Zoë, C-1' }, tags: ['sdk, one', 'sdk'] };
  const report = await client.reports.create({ ...PERIOD, format: 'csv', ...labels });
  const job = await client.jobs.create({ type: 'orders.report', parameters: PERIOD, ...labels });
  const { metadata, tags: tag } = labels;
  const imported = await client.imports.create(orderFile(1), { dry_run: true, metadata, tag });
  const listed: Job[] = [];
  for await (const each of client.jobs.list({ tag: 'sdk, one', page_size: 2 })) listed.push(each);
  expect(listed.map(({ id }) => id)).toEqual([imported.id, job.id, report.id]);
  for (const each of listed) expect(each).toMatchObject(labels);
  const reports = [];
  for await (const each of client.reports.list({ tag: 'sdk' })) reports.push(each);
  expect(reports).toMatchObject([
    { id: job.id, ...labels },
    { id: report.id, ...labels },
  ]);
});

describe('what gets through', () => {
  it.each([
    ['kept back by a proxy', 'buffers'],
    ['refused by a proxy', { status: 403, body: '<html>' }],
    ['broken before each event', { cutAfter: 20 }],
    ['unanswered', 'hangs'],
  ] as const)('streams that are %s do not matter', async (_what, fault) => {
    proxy.faultOf = (_method, path) => (path.endsWith('/events') ? fault : undefined);
    const job = await gatedJob();
    const done = job.done();
    await waitFor(() => calls(/GET .*\/events$/) > 1 && calls(new RegExp(`GET /v1/jobs/${job.id}$`)) > 1, {
      what: 'another way than the stream',
    });
    gates.release();
    expect((await done).status).toBe('COMPLETED');
  });

  it('a token of one job without streams follows it and fetches its file, and one that may not even ask says so', async () => {
    const withToken = async (id: string, ...permissions: JobPermission[]): Promise<OrderReports> => {
      const path = { id };
      const { token } = await client.call('post', '/v1/jobs/{id}/tokens', { path, body: { permissions } });
      return new OrderReports({ baseUrl: proxy.url, apiKey: token });
    };
    const job = await gatedJob();
    const done = (await withToken(job.id, 'read')).jobs.get(job.id).done();
    await waitFor(() => calls(/GET .*\/events$/) > 1, { what: 'streams that are refused' });
    gates.release();
    expect((await done).status).toBe('COMPLETED');
    const { id } = await client.reports.create({ ...PERIOD, format: 'csv' });
    const file = await (await withToken(id, 'read', 'download')).reports.get(id).file();
    expect((await file.bytes()).length).toBe(file.size);
    await expect((await withToken(id, 'stream')).jobs.get(id).done()).rejects.toMatchObject({
      status: 403,
      code: 'missing_permission',
    });
  });

  it('polls do, where waits are cut off too', async () => {
    proxy.faultOf = (_method, path, { prefer }) =>
      path.endsWith('/events') ? { status: 502 } : prefer === undefined ? undefined : { status: 504 };
    const job = await gatedJob();
    const done = job.done();
    await waitFor(() => calls(new RegExp(`GET /v1/jobs/${job.id}$`)) > 4, { what: 'polls' });
    gates.release();
    expect((await done).status).toBe('COMPLETED');
  });

  it('a stream that breaks is resumed after its last event, with the progress that was missed', async () => {
    const resumed: (string | undefined)[] = [];
    proxy.faultOf = (_method, path, headers) => {
      if (!path.endsWith('/events')) return undefined;
      resumed.push(headers['last-event-id'] as string | undefined);
      return resumed.length === 1 ? { cutAfter: 600 } : undefined;
    };
    const job = await gatedJob();
    const seen = statuses(job.updates());
    await waitFor(() => resumed.length > 1, { what: 'a second stream' });
    gates.release();
    expect(await seen).toEqual(expect.arrayContaining(['COMPLETED']));
    expect(resumed[0]).toBeUndefined();
    expect(resumed[1]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a download goes on where it broke, and is the same file', async () => {
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    await report.done();
    const ranges: (string | undefined)[] = [];
    proxy.faultOf = (_method, path, { range }) => {
      if (!path.startsWith('/v1/orders/reports/')) return undefined;
      ranges.push(range);
      return ranges.length < 3 ? { cutAfter: 5_000 } : undefined;
    };
    const file = await report.file();
    const bytes = await file.bytes();
    expect(ranges).toEqual([undefined, 'bytes=5000-', 'bytes=10000-']);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
    await expect(file.bytes()).rejects.toThrow('open it again');
  });

  it('a file that is not wanted after all is let go', async () => {
    const file = await (await client.reports.create({ ...PERIOD, format: 'csv' })).file();
    await file.stream().cancel();
    await expect(file.bytes()).rejects.toThrow('open it again');
  });

  it('so is one of which nothing comes any more, and it is not asked for again', async () => {
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    await report.done();
    proxy.faultOf = (_method, path) =>
      path.startsWith('/v1/orders/reports/') ? { stallAfter: 1_000 } : undefined;
    const reader = (await report.file()).stream().getReader();
    expect((await reader.read()).value).toHaveLength(1_000);
    const waiting = reader.read();
    // The stream asks the file for more only after this: until then there is nothing that waits for bytes.
    await setImmediate();
    await reader.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(calls(/^GET \/v1\/orders\/reports\//)).toBe(1);
  });

  it.each([
    [
      'compresses',
      (csv: Buffer) => ({ 'content-encoding': 'gzip', 'content-length': `${gzipSync(csv).length}` }),
    ],
    ['leaves out their length', () => ({ 'transfer-encoding': 'chunked' })],
  ])('files are whole behind a proxy that %s', async (_what, headersOf) => {
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    const plain = await report.file();
    const csv = Buffer.from(await plain.bytes());
    const headers = { etag: `"${plain.sha256}"`, ...headersOf(csv) };
    proxy.faultOf = (_method, path) =>
      path.startsWith('/v1/orders/reports/')
        ? { status: 200, headers, body: 'content-encoding' in headers ? gzipSync(csv) : csv }
        : undefined;
    const file = await report.file();
    expect(file.size).toBeUndefined();
    expect(Buffer.from(await file.bytes()).equals(csv)).toBe(true);
  });

  it('a download that never brings a byte ends as what it is', async () => {
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    await report.done();
    proxy.faultOf = (_method, path) => (path.startsWith('/v1/orders/reports/') ? { cutAfter: 0 } : undefined);
    await expect((await report.file()).bytes()).rejects.toBeInstanceOf(ConnectionError);
  });

  it('a file that was damaged on the way is none', async () => {
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    await report.done();
    proxy.faultOf = (_method, path) =>
      path.startsWith('/v1/orders/reports/')
        ? { status: 200, headers: { etag: `"${'0'.repeat(64)}"`, 'content-length': '3' }, body: 'csv' }
        : undefined;
    await expect((await report.file()).bytes()).rejects.toBeInstanceOf(DamagedFileError);
  });

  it('calls are tried again while the service is away, or says later, and no longer than was said', async () => {
    const answers = [{ status: 503, headers: { 'retry-after': '0' } }, { status: 502 }, { cutAfter: -1 }];
    proxy.faultOf = () => answers.shift();
    await client.call('get', '/v1/jobs');
    expect(calls(/GET \/v1\/jobs$/)).toBe(4);
    proxy.faultOf = () => ({ status: 503 });
    const hasty = new OrderReports({ baseUrl: proxy.url, apiKey, retryForSeconds: 0.1 });
    await expect(hasty.call('get', '/v1/jobs')).rejects.toMatchObject({ status: 503, code: undefined });
    proxy.faultOf = () => ({ cutAfter: -1 });
    await expect(hasty.call('get', '/v1/jobs')).rejects.toBeInstanceOf(ConnectionError);
  });

  it('what must not be done twice is not sent twice', async () => {
    proxy.faultOf = () => ({ cutAfter: -1 });
    await expect(client.call('post', '/v1/orders', { body: ORDER })).rejects.toBeInstanceOf(ConnectionError);
    expect(calls(/^POST/)).toBe(1);
    proxy.faultOf = () => undefined;
    await client.call('delete', '/v1/orders/{id}', { path: { id: await idOf(ORDER.number) } });
  });

  const idOf = async (number: string): Promise<string> =>
    (await client.call('get', '/v1/orders/by-number/{number}', { path: { number } })).id;
});

describe('an error', () => {
  it('is typed by the code of its problem, and names the fields', async () => {
    const error = await client.reports
      .create({ start_date: '2016-02-30', end_date: '2017-01-01' })
      .catch((thrown: unknown) => thrown);
    expect(isProblem(error, 'invalid_request')).toBe(true);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).status).toBe(422);
    expect((error as ApiError).requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect((error as ApiError).fields).toEqual({ start_date: expect.stringContaining('must be a date') });
    const stranger = new OrderReports({ baseUrl: app.url, apiKey: 'no-such-key' });
    await expect(stranger.jobs.list().next()).rejects.toMatchObject({ status: 401 });
  });

  it('of a job is that of the job', async () => {
    const job = client.jobs.get(await submitScript(app, clientId, 'fail for good'));
    await expect(job.done()).rejects.toMatchObject({ code: 'invalid_file', job: { status: 'FAILED' } });
  });

  it('of a job is no more its error once an operator retried it', async () => {
    const job = client.jobs.get(await submitScript(app, clientId, 'fail for good', 'wait'));
    await expect(job.done()).rejects.toMatchObject({ code: 'invalid_file' });
    const retried = await app.call('POST', `/v1/jobs/${job.id}/retry`, { key: ADMIN_KEY });
    expect(retried.status).toBe(202);
    const done = job.done();
    await waitFor(() => gates.waiting.length > 0, { what: 'the job at its gate' });
    gates.release();
    expect(await done).toMatchObject({ status: 'COMPLETED' });
  });

  it('of an import is in its result, by row', async () => {
    const failed = await client.imports.create('number,ordered_at\nA-1,never\n');
    await expect(failed.done()).rejects.toBeInstanceOf(JobEndedError);
    expect((await failed.result()).status).toBe('FAILED');
    expect((await failed.result()).row_errors.length).toBeGreaterThan(0);
  });
});

it.each([
  ['text/plain', 'orders.txt', Buffer.from(NEW_ORDERS), { format: 'delimited', compression: null }],
  ['text/csv;charset=utf-16le', 'orders.csv', Buffer.from(NEW_ORDERS, 'utf16le'), { encoding: 'utf-16le' }],
  ['application/gzip', 'orders.csv.gz', gzipSync(NEW_ORDERS), { format: 'delimited', compression: 'gzip' }],
  ['', 'orders.jsonl', Buffer.from(JSON.stringify(ORDER)), { format: 'ndjson', compression: null }],
  [
    'application/gzip',
    'ORDERS.NDJSON.gz',
    gzipSync(JSON.stringify(ORDER)),
    { format: 'ndjson', compression: 'gzip' },
  ],
])('a file that a browser calls %j is imported: %s', async (type, name, bytes, detected) => {
  const imported = await client.imports.create(new File([bytes], name, { type }), { dry_run: true });
  await imported.done();
  expect((await imported.result()).result).toMatchObject({ detected });
});

describe('lists', () => {
  it('have the items of all pages', async () => {
    const numbers: string[] = [];
    for await (const { number } of client.orders.list({ page_size: 50 })) numbers.push(number);
    expect(new Set(numbers).size).toBe(ORDERS);
    expect(calls(/GET \/v1\/orders\?/)).toBe(3);
    const changed: string[] = [];
    for await (const { number } of client.orders.changes()) changed.push(number);
    // The one that was deleted is among them.
    expect(new Set(changed)).toEqual(new Set([...numbers, ORDER.number]));
  });

  it('of events go on with what happens', async () => {
    const events = client.events.follow({ signal: AbortSignal.timeout(60_000) });
    const known: string[] = [];
    const report = await client.reports.create({ ...PERIOD, format: 'csv' });
    for await (const { id, job_id } of events) {
      known.push(id);
      if (job_id === report.id) break;
    }
    expect(new Set(known).size).toBe(known.length);
    const next = await client.events.list({ after: known.at(-1)! }).next();
    expect(next.done).toBe(true);
  });
});
