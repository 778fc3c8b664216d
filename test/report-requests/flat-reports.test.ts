import { parse } from 'csv-parse/sync';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

const PERIOD = { start_date: '2026-01-01', end_date: '2027-01-01' };
const GERMAN = { delimiter: ';', decimal_separator: ',', times: 'local', headings: 'labels' };

const order = (number: string, more: object = {}): object => ({
  number,
  ordered_at: '2026-07-01T22:30:00Z',
  status: 'paid',
  currency: 'EUR',
  customer_name: 'Zoë; Müller',
  shipping_total: '4.90',
  lines: [
    { sku: 'S-1', description: '=1+1', quantity: '2.5', unit_price: '1234.565' },
    { sku: 'S-2', description: 'Cup, blue', quantity: '-1', unit_price: '3' },
  ],
  ...more,
});

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
  const orders = [
    order('A-1', { customer_reference: 'C-1' }),
    order('A-2', { customer_name: 'Ann', status: 'shipped', ordered_at: '2026-01-31T12:00:00.500Z' }),
    order('A-3', { currency: 'JPY', shipping_total: '0', tax_total: '7', tax_included: true }),
  ];
  for (const body of orders) expect((await app.call('POST', '/v1/orders', { body })).status).toBe(201);
});

afterAll(() => app.stop());

/** A report in each of these formats, and what its job says in the end. */
async function made(body: object) {
  const { status, body: job } = await app.call('POST', '/v1/orders/reports', {
    body: { ...PERIOD, ...body },
  });
  expect(status).toBe(202);
  await app.polled(`/v1/orders/reports/status/${job.id}`);
  const { result } = (await app.call('GET', `/v1/jobs/${job.id}`)).body;
  return { id: String(job.id), result };
}

const fileOf = async (id: string, format: string): Promise<string> =>
  String((await app.call('GET', `/v1/orders/reports/${id}?format=${format}`)).body);

const objectsIn = (ndjson: string): Record<string, unknown>[] =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** What becomes of a file in the hands of another client. */
async function imported(
  key: string,
  file: string,
  type: string,
  query = '',
): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': type };
  const answer = await app.call('POST', `/v1/orders/imports${query}`, { key, body: file, headers });
  expect(answer.status).toBe(202);
  return waitFor(
    async () => {
      const { body } = await app.call('GET', `/v1/orders/imports/${answer.body.id}`, { key });
      return ['COMPLETED', 'FAILED'].includes(body.status) && body;
    },
    { what: 'the import' },
  );
}

/** All orders of a client with their lines, without what each client has of its own. */
async function bookOf(key?: string): Promise<object[]> {
  const options = key === undefined ? {} : { key };
  const { body: list } = await app.call('GET', '/v1/orders', options);
  return Promise.all(
    list.data.map(async ({ id }: { id: string }) => {
      const { body } = await app.call('GET', `/v1/orders/${id}`, options);
      const own = ['id', 'created_at', 'updated_at', 'version'];
      return Object.fromEntries(Object.entries(body as object).filter(([name]) => !own.includes(name)));
    }),
  );
}

describe('a report as CSV and NDJSON', () => {
  it('has the same rows in both, with the columns, the order and the groups that were asked for', async () => {
    const { id, result } = await made({
      formats: ['csv', 'ndjson'],
      columns: ['net_total', 'number', 'currency', 'line_count', 'ordered_at', 'customer_name'],
      group_by: 'currency',
      sort: ['-number'],
      locale: 'de-DE',
      time_zone: 'Europe/Berlin',
      csv: GERMAN,
      labels: { number: '=Beleg' },
    });
    expect(result.artifacts).toMatchObject([
      { format: 'csv', media_type: 'text/csv', rows: 3, pages: null },
      { format: 'ndjson', media_type: 'application/x-ndjson', rows: 3, pages: null },
    ]);
    const [headings, ...rows] = (await fileOf(id, 'csv')).trimEnd().split('\r\n');
    expect(headings).toMatch(/^\ufeff[^;]+;'=Beleg;[^;]+;[^;]+;[^;]+;[^;]+$/);
    expect(headings).not.toMatch(/net_total|currency|ordered_at/);
    expect(rows).toEqual([
      '3088,31;A-2;EUR;2;2026-01-31 13:00:00;Ann',
      '3088,31;A-1;EUR;2;2026-07-02 00:30:00;"Zoë; Müller"',
      '3083;A-3;JPY;2;2026-07-02 00:30:00;"Zoë; Müller"',
    ]);
    expect(objectsIn(await fileOf(id, 'ndjson'))).toEqual([
      {
        net_total: '3088.31',
        number: 'A-2',
        currency: 'EUR',
        line_count: 2,
        ordered_at: '2026-01-31T12:00:00.500Z',
        customer_name: 'Ann',
      },
      expect.objectContaining({ number: 'A-1', net_total: '3088.31' }),
      expect.objectContaining({ number: 'A-3', net_total: '3083' }),
    ]);
  });

  it('reads back as the same orders from both', async () => {
    const { id } = await made({
      formats: ['csv', 'ndjson'],
      include_items: true,
      csv: { ...GERMAN, headings: 'names', times: 'utc' },
    });
    const own = await bookOf();
    expect(own).toHaveLength(3);
    for (const [format, type] of [
      ['csv', 'text/csv'],
      ['ndjson', 'application/x-ndjson'],
    ] as const) {
      const { key } = await app.client(`reader of ${format}`);
      const file = await fileOf(id, format);
      expect(await imported(key, file, type)).toMatchObject({ status: 'COMPLETED', result: { created: 3 } });
      expect(await bookOf(key)).toEqual(own);
    }
  });

  it('reads back with labels, by what they are called', async () => {
    const labels = {
      number: 'Beleg',
      ordered_at: 'Am',
      customer_name: 'Wer',
      currency: 'Geld',
      total: 'Summe',
    };
    const { id } = await made({
      formats: ['csv'],
      include_items: true,
      time_zone: 'Europe/Berlin',
      columns: Object.keys(labels),
      labels: {
        ...labels,
        sku: 'Art',
        description: 'Was',
        quantity: 'Zahl',
        unit_price: 'Preis',
        line_total: 'Wert',
      },
      csv: GERMAN,
    });
    const map = {
      ...Object.fromEntries(Object.entries(labels).map(([column, label]) => [label, column])),
      Art: 'sku',
      Was: 'description',
      Zahl: 'quantity',
      Preis: 'unit_price',
      Wert: 'line_total',
      // Without the columns of tax and shipping it does not add up.
      Summe: null,
    };
    const { key } = await app.client('reader of labels');
    const query = `?time_zone=Europe/Berlin&column_map=${encodeURIComponent(JSON.stringify(map))}`;
    expect(await imported(key, await fileOf(id, 'csv'), 'text/csv', query)).toMatchObject({
      status: 'COMPLETED',
      result: { created: 3, ignored_columns: ['Summe'] },
    });
  });

  it('says in a delta what changed, and an import takes nothing out', async () => {
    const { result: before } = await made({ formats: ['csv'] });
    await app.call('POST', '/v1/orders', { body: order('A-4') });
    const { body: list } = await app.call('GET', '/v1/orders');
    const gone = list.data.find(({ number }: { number: string }) => number === 'A-3');
    expect((await app.call('DELETE', `/v1/orders/${gone.id}`)).status).toBe(204);
    const { id } = await made({
      formats: ['csv', 'ndjson'],
      changed_since: before.as_of,
      columns: ['total', 'number'],
    });
    const rows: Record<string, string>[] = parse(await fileOf(id, 'csv'), { bom: true, columns: true });
    expect(rows).toEqual([
      { total: '3088.31', number: 'A-4', change: 'updated' },
      { total: '', number: 'A-3', change: 'removed' },
    ]);
    const ndjson = await fileOf(id, 'ndjson');
    expect(objectsIn(ndjson)).toEqual([
      { total: '3088.31', number: 'A-4', change: 'updated' },
      { number: 'A-3', change: 'removed' },
    ]);
    const { key } = await app.client('reader of a delta');
    expect(await imported(key, ndjson, 'application/x-ndjson')).toMatchObject({
      status: 'FAILED',
      row_errors: expect.arrayContaining([
        {
          row: 2,
          field: 'change',
          message: 'change must be updated: an import takes no orders out',
          value: 'removed',
        },
      ]),
    });
  });
});
