import { parse } from 'csv-parse/sync';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pathOfArtifact } from '../../src/artifacts/file-artifact-store';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { REPORT_WRITERS } from '../../src/report-requests/orders-report.handler';
import { reportKey } from '../../src/report-requests/orders-report.job';
import { ReportFormat } from '../../src/report-requests/formats/report-format';
import type { ReportWriter } from '../../src/report-requests/formats/report-writer';
import { waitFor } from '../support/services';
import { type Answer, TestApp } from '../support/test-app';
import { TestReceiver } from '../webhooks/test-receiver';
import { readWorkbook } from './workbook-reader';

const PERIOD = { start_date: '2026-01-01', end_date: '2027-01-01' };
const FORMATS = [ReportFormat.Csv, ReportFormat.Pdf];

interface GivenOrder {
  number: string;
  ordered_at: string;
  customer_name: string;
  customer_reference?: string;
  status: string;
  currency: string;
  price: string;
}

const order = (number: string, more: Partial<GivenOrder> = {}): GivenOrder => ({
  number,
  ordered_at: '2026-03-01T10:00:00Z',
  customer_name: 'Ann',
  status: 'paid',
  currency: 'EUR',
  price: '10',
  ...more,
});

const ORDERS = [
  order('A-1', { customer_name: 'zoe', customer_reference: 'C-1', price: '30' }),
  order('A-2', {
    customer_name: 'Zoë Last',
    customer_reference: 'C-1',
    ordered_at: '2026-05-01',
    price: '5',
  }),
  order('A-3', { customer_name: 'Bob', price: '20' }),
  order('A-4', { customer_name: 'Bob', currency: 'JPY', price: '900', ordered_at: '2026-04-30T22:30:00Z' }),
  order('A-5', { customer_name: 'Ann', status: 'cancelled', price: '7.50' }),
];

let app: TestApp;
let receiver: TestReceiver;

beforeAll(async () => {
  receiver = await TestReceiver.start();
  app = await TestApp.start({ RENDER_CONCURRENCY: '1', CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8' });
  for (const { price, ...head } of ORDERS) {
    const lines = [{ sku: 'S', description: 'Thing', quantity: '1', unit_price: price }];
    expect((await app.call('POST', '/v1/orders', { body: { ...head, lines } })).status).toBe(201);
  }
});

afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

const post = (body: object): Promise<Answer> =>
  app.call('POST', '/v1/orders/reports', { body: { ...PERIOD, ...body } });

async function made(body: object) {
  const { status, body: job } = await post(body);
  expect(status).toBe(202);
  await app.polled(`/v1/orders/reports/status/${job.id}`);
  return (await app.call('GET', `/v1/jobs/${job.id}`)).body;
}

async function rowsOf(body: object): Promise<Record<string, string>[]> {
  const { id } = await made({ ...body, format: 'csv' });
  const { body: file } = await app.call('GET', `/v1/orders/reports/${id}`);
  return parse(file, { bom: true, columns: true });
}

const numbersOf = async (body: object): Promise<string[]> =>
  (await rowsOf(body)).map(({ number }) => number!);

/** What a path-absolute address, or the absolute one of a callback, leads to here. */
const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url, app.url);
  return pathname + search;
};

const storedPath = (id: string, format: ReportFormat): string =>
  pathOfArtifact(fileURLToPath(app.config.storageUrl), reportKey(id, 1, format));

describe('a report in several formats', () => {
  it('is one job whose artifacts are named in the job, its callback and the feed, and found by their format', async () => {
    const { id, result } = await made({ formats: FORMATS, callback_url: receiver.url('/formats') });
    expect(result.artifacts.map(({ format }: { format: string }) => format)).toEqual(FORMATS);
    expect(result.artifact).toMatchObject({ format: 'csv', media_type: 'text/csv', rows: 5, pages: null });
    for (const { format, media_type, sha256, bytes, href } of result.artifacts) {
      expect(href).toBe(`/v1/orders/reports/${id}?format=${format}`);
      const { status, headers } = await app.call('GET', pathOf(href));
      expect(status).toBe(200);
      expect(headers.get('etag')).toBe(`"${sha256}"`);
      expect(headers.get('content-length')).toBe(String(bytes));
      expect(headers.get('content-type')).toContain(media_type);
      expect(headers.get('content-disposition')).toContain(`orders-${id}.${format}"`);
    }
    const first = await app.call('GET', `/v1/orders/reports/${id}`);
    expect(first.headers.get('content-type')).toContain('text/csv');
    const part = await app.call('GET', `/v1/orders/reports/${id}?format=pdf`, {
      headers: { Range: 'bytes=0-4' },
    });
    expect([part.status, part.body.toString()]).toEqual([206, '%PDF-']);

    const [received] = await waitFor(() => receiver.at('/formats').length > 0 && receiver.at('/formats'), {
      what: 'the callback',
    });
    const { data } = JSON.parse(received!.body.toString());
    expect(data.artifacts).toEqual(
      result.artifacts.map((artifact: { href: string }) => ({
        ...artifact,
        href: app.config.publicUrl + artifact.href,
        expires_at: expect.any(String),
      })),
    );
    expect(data.artifact).toMatchObject({ sha256: result.artifact.sha256 });
    // The feed waits for every transaction that began before, of other databases of the cluster too.
    await waitFor(
      async () =>
        JSON.stringify((await app.call('GET', '/v1/events')).body).includes(result.artifacts[1].sha256),
      { what: 'the event in the feed' },
    );
  });

  it('answers 404 for a format that it was not asked for in, and 400 for one that is none', async () => {
    const { id } = await made({ formats: ['csv'] });
    for (const path of [`${id}?format=pdf`, `${id}/link?format=pdf`]) {
      const { status, body } = await app.call('GET', `/v1/orders/reports/${path}`);
      expect([status, body.code]).toEqual([404, 'no_such_format']);
    }
    expect((await app.call('GET', `/v1/orders/reports/${id}?format=docx`)).status).toBe(400);
  });

  it('has a link for each file, which opens no other', async () => {
    const { id, result } = await made({ formats: FORMATS });
    for (const { format, media_type, sha256 } of result.artifacts) {
      const { body: link } = await app.call('GET', `/v1/orders/reports/${id}/link?format=${format}`);
      expect(link.sha256).toBe(sha256);
      const opened = await app.call('GET', pathOf(link.url), { key: null });
      expect([opened.status, opened.headers.get('content-type')]).toEqual([
        200,
        expect.stringContaining(media_type),
      ]);
      const other = format === 'csv' ? 'pdf' : 'csv';
      const swapped = pathOf(link.url).replace(`format=${format}`, `format=${other}`);
      expect((await app.call('GET', swapped, { key: null })).status).toBe(403);
    }
  });

  it('is deleted as a whole', async () => {
    const { id } = await made({ formats: FORMATS });
    expect(FORMATS.map((format) => existsSync(storedPath(id, format)))).toEqual([true, true]);
    expect((await app.call('DELETE', `/v1/orders/reports/${id}`)).status).toBe(204);
    expect(FORMATS.map((format) => existsSync(storedPath(id, format)))).toEqual([false, false]);
    expect((await app.call('GET', `/v1/orders/reports/${id}?format=pdf`)).status).toBe(410);
  });

  const wrong = (order: ReportedOrder): ReportedOrder => ({ ...order, netTotal: `1${order.netTotal}` });
  it.each([
    ...Object.values(ReportFormat).map((format) => ({
      format,
      what: 'the wrong amount in an order',
      broken: ([first, ...others]: ReportedOrder[]) => [wrong(first!), ...others],
    })),
    // Pages are counted before, so that a print fails as soon as an order is missing.
    ...[ReportFormat.Csv, ReportFormat.Ndjson, ReportFormat.Xlsx].map((format) => ({
      format,
      what: 'an order less',
      broken: (orders: ReportedOrder[]) => orders.slice(0, -1),
    })),
  ])('fails when $format has $what, and gives no file out', async ({ format, broken }) => {
    const writers = app.app.get<ReportWriter[]>(REPORT_WRITERS, { strict: false });
    const writer = writers.find((each) => each.format === format)!;
    const write = writer.write.bind(writer);
    writer.write = (report, options) => {
      const orders = async function* () {
        for await (const batch of report.snapshot.orders()) yield broken(batch);
      };
      return write({ ...report, snapshot: { ...report.snapshot, orders } }, options);
    };
    try {
      const formats = Object.values(ReportFormat);
      const { id, status, error } = await made({ formats });
      expect(status).toBe('FAILED');
      expect(error).toMatchObject({ code: 'totals_disagree', retryable: false });
      for (const each of formats) {
        const answer = await app.call('GET', `/v1/orders/reports/${id}?format=${each}`);
        expect([answer.status, answer.body.code]).toEqual([500, 'totals_disagree']);
      }
      expect(formats.map((each) => existsSync(storedPath(id, each)))).toEqual(formats.map(() => false));
    } finally {
      writer.write = write;
    }
  });

  it('leaves none of its files, and takes up no storage, when it is cancelled after one of them is there', async () => {
    const used = async (): Promise<string> =>
      (await app.dataSource.query<{ bytes: string }[]>('SELECT sum(bytes) AS bytes FROM client_storage'))[0]!
        .bytes;
    const before = await used();
    const writers = app.app.get<ReportWriter[]>(REPORT_WRITERS, { strict: false });
    const pdf = writers.find(({ format }) => format === ReportFormat.Pdf)!;
    const write = pdf.write.bind(pdf);
    // As one that takes long would.
    pdf.write = async (_report, { signal }) => {
      await once(signal, 'abort');
      throw signal.reason;
    };
    try {
      const { id } = (await post({ formats: FORMATS })).body;
      await waitFor(() => existsSync(storedPath(id, ReportFormat.Csv)), { what: 'the CSV' });
      await waitFor(async () => (await used()) !== before, { what: 'the CSV to be counted' });
      expect((await app.call('DELETE', `/v1/orders/reports/status/${id}`)).status).toBe(202);
      await waitFor(async () => (await app.call('GET', `/v1/jobs/${id}`)).body.status === 'CANCELLED', {
        what: 'the job to be cancelled',
      });
      expect(FORMATS.map((format) => existsSync(storedPath(id, format)))).toEqual([false, false]);
      expect(await used()).toBe(before);
    } finally {
      pdf.write = write;
    }
  });
});

it('says of each file how many rows of data it has', async () => {
  const rowsOfFiles = async (include_items: boolean) => {
    const { result } = await made({ formats: Object.values(ReportFormat), include_items });
    return Object.fromEntries(
      result.artifacts.map(({ format, rows }: { format: string; rows: number }) => [format, rows]),
    );
  };
  expect(await rowsOfFiles(false)).toEqual({ pdf: 5, xlsx: 5, csv: 5, ndjson: 5 });
  expect(await rowsOfFiles(true)).toEqual({ pdf: 10, xlsx: 10, csv: 5, ndjson: 5 });
});

describe('the orders of a report', () => {
  it('are those of the filter', async () => {
    expect(await numbersOf({ filter: { currency: 'JPY' } })).toEqual(['A-4']);
    expect(await numbersOf({ filter: { currency: ['JPY', 'USD'] } })).toEqual(['A-4']);
    expect(await numbersOf({ filter: { customer_reference: 'C-1' } })).toEqual(['A-1', 'A-2']);
    expect(await numbersOf({ filter: { min_total: '7.5', max_total: '20' } })).toEqual(['A-3', 'A-5']);
    expect(await numbersOf({ filter: { status: ['cancelled'] } })).toEqual(['A-5']);
    expect(
      await numbersOf({ filter: { customer_reference: ["'; --", 'C-1'], status: ['paid'] } }),
    ).toHaveLength(2);
  });

  it('are sorted by columns, in either direction', async () => {
    expect(await numbersOf({ sort: ['-total'] })).toEqual(['A-4', 'A-1', 'A-3', 'A-5', 'A-2']);
    expect(await numbersOf({ sort: ['customer_name', '-number'] })).toEqual([
      'A-5',
      'A-4',
      'A-3',
      'A-1',
      'A-2',
    ]);
    expect(await numbersOf({ sort: ['-status', 'total'] })).toEqual(['A-5', 'A-2', 'A-3', 'A-1', 'A-4']);
  });

  it.each([
    ['customer', ['Ann', 'Bob', 'Zoë Last (C-1)']],
    ['currency', ['EUR', 'JPY']],
    ['status', ['Paid', 'Cancelled']],
    ['month', ['March 2026', 'April 2026', 'May 2026']],
    ['day', ['March 1, 2026', 'April 30, 2026', 'May 1, 2026']],
  ])(
    'stand under the names of their groups by %s, of which customers alone have a reference',
    async (group_by, names) => {
      const { id } = await made({ group_by, format: 'xlsx' });
      const { body: file } = await app.call('GET', `/v1/orders/reports/${id}`);
      const [, orders] = (await readWorkbook(file)).sheets;
      const headings = orders!.rows.filter(([, ...others]) => others.every((cell) => cell === null));
      expect(headings.map(([name]) => name)).toEqual(names);
    },
  );

  it('stand in the order of their groups: customers by their last name, days as the time zone has them', async () => {
    expect(await numbersOf({ group_by: 'customer' })).toEqual(['A-5', 'A-3', 'A-4', 'A-1', 'A-2']);
    expect(await numbersOf({ group_by: 'currency', sort: ['-total'] })).toEqual([
      'A-1',
      'A-3',
      'A-5',
      'A-2',
      'A-4',
    ]);
    const berlin = { group_by: 'month', time_zone: 'Europe/Berlin', sort: ['total'] };
    expect(await numbersOf(berlin)).toEqual(['A-5', 'A-3', 'A-1', 'A-2', 'A-4']);
  });

  it('of a delta are grouped and sorted likewise, what is gone last', async () => {
    const { result } = await made({ format: 'csv' });
    await app.call('PATCH', `/v1/orders/${await idOf('A-1')}`, { body: { status: 'shipped' } });
    await app.call('PATCH', `/v1/orders/${await idOf('A-3')}`, { body: { status: 'shipped' } });
    await app.call('DELETE', `/v1/orders/${await idOf('A-5')}`);
    const rows = await rowsOf({ changed_since: result.as_of, group_by: 'customer', sort: ['-total'] });
    expect(rows.map(({ number, change }) => `${number} ${change}`)).toEqual([
      'A-3 updated',
      'A-1 updated',
      'A-5 removed',
    ]);
  });
});

const idOf = async (number: string): Promise<string> =>
  (await app.call('GET', `/v1/orders/by-number/${number}`)).body.id;

describe('a request of a report', () => {
  it.each([
    [{ format: 'csv', formats: ['pdf'] }, 'format'],
    [{ status: ['paid'], filter: { status: ['paid'] } }, 'status'],
    [{ formats: [] }, 'formats'],
    [{ formats: ['csv', 'csv'] }, 'formats'],
    [{ formats: ['docx'] }, 'formats'],
    [{ format: 'csv', accessible: true }, 'accessible'],
    [{ csv: { delimiter: ';' } }, 'csv'],
    [{ format: 'csv', csv: { delimiter: '%' } }, 'csv.delimiter'],
    [{ format: 'csv', csv: { decimal_separator: ',' } }, 'csv.decimal_separator'],
    [{ filter: { min_total: '10', max_total: '9.99' } }, 'filter.max_total'],
    [{ filter: { min_total: 10 } }, 'filter.min_total'],
    [{ filter: { currency: 'XXX' } }, 'filter.currency'],
    [{ filter: { customer: 'x' } }, 'filter.customer'],
    [
      { filter: { customer_reference: Array.from({ length: 101 }, (_, index) => `C-${index}`) } },
      'filter.customer_reference',
    ],
    [{ columns: ['total', 'total'] }, 'columns'],
    [{ columns: ['price'] }, 'columns'],
    [{ columns: ['total'], changed_since: 'x' }, 'columns'],
    [{ sort: ['total', '-total'] }, 'sort'],
    [{ sort: ['price'] }, 'sort'],
    [{ sort: [7] }, 'sort'],
    [{ sort: ['total', 'number', 'status', 'currency'] }, 'sort'],
    [{ group_by: 'country' }, 'group_by'],
    [{ paper: 'A5' }, 'paper'],
    [{ labels: { nonsense: 'x' } }, 'labels'],
    [{ labels: { total: 7 } }, 'labels'],
    [{ labels: { page_of: '{page' } }, 'labels'],
    [{ labels: { total: '{number}' } }, 'labels'],
  ])('is refused with its field: %j', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
  });
});
