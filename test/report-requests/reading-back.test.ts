import fc from 'fast-check';
import { Readable } from 'node:stream';
import { OrderImportService } from '../../src/orders/import/order-import.service';
import { type ImportSettings, OnConflict } from '../../src/orders/import/import-settings';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { CsvReportWriter } from '../../src/report-requests/formats/csv/csv-report.writer';
import { NdjsonReportWriter } from '../../src/report-requests/formats/ndjson/ndjson-report.writer';
import type { CsvOptions } from '../../src/report-requests/formats/report-parameters';
import { ANY_ORDER } from '../../src/orders/order-filter';
import { OrderBook, reportOf } from '../orders/order-book';
import { type RandomBook, randomBooks } from './random-books';
import { contentOf, reportFrom } from './file-content';

const RUNS = 60;
const ZONE = 'Asia/Kolkata';

type Form = CsvOptions | 'ndjson';

/** What is awkward in one form or another. */
const names = fc.oneof(
  fc.constantFrom(
    '=1+1',
    "'=1",
    "'",
    '-5',
    '1,5',
    '1;5',
    'null',
    'O"Hara',
    '２０',
    '{"a":1}',
    '\u2028x',
    '001',
  ),
  fc.string({
    unit: fc.constantFrom(',', ';', '|', '"', "'", '=', '-', '1', 'ä', '→', '漢', '.'),
    minLength: 1,
  }),
);
const books = fc
  .tuple(randomBooks(20), fc.array(names, { minLength: 20, maxLength: 20 }))
  .map(([book, texts]): RandomBook => ({
    ...book,
    orders: book.orders.map((order, index) => ({
      ...order,
      body: {
        ...order.body,
        number: `${texts[index]}-${index}`,
        customer_name: texts[index]!,
        lines: order.body.lines.map((line) => ({ ...line, sku: texts[index]!, description: texts[index]! })),
      },
    })),
  }));
const forms: fc.Arbitrary<Form> = fc.oneof(
  fc.constant('ndjson' as const),
  fc
    .record<CsvOptions>({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      decimalSeparator: fc.constantFrom('.', ','),
      times: fc.constantFrom('utc', 'local'),
      headings: fc.constant('names'),
    })
    .filter(({ delimiter, decimalSeparator }) => delimiter !== decimalSeparator),
);

let book: OrderBook;
let imports: OrderImportService;

beforeAll(async () => {
  book = await OrderBook.open();
  imports = new OrderImportService(book.dataSource);
});

afterAll(() => book.close());

const QUERY = reportOf(
  { ...ANY_ORDER, startDate: '2026-01-01', endDate: '2027-01-01', timeZone: 'UTC' },
  { includeItems: true },
);

/** All that is of the orders of a client, but for their ids. */
function ordersOf(clientId: string): Promise<ReportedOrder[]> {
  return book.queries.withSnapshot(clientId, QUERY, {}, async (snapshot) => {
    const all: ReportedOrder[] = [];
    for await (const batch of snapshot.orders()) all.push(...batch.map((order) => ({ ...order, id: '' })));
    return all;
  });
}

/** The file of a report with lines. */
function fileOf(clientId: string, form: Form): Promise<Buffer> {
  return book.queries.withSnapshot(clientId, QUERY, {}, (snapshot) => {
    const parameters = { includeItems: true, timeZone: ZONE, ...(form !== 'ndjson' && { csv: form }) };
    const writer = form === 'ndjson' ? new NdjsonReportWriter() : new CsvReportWriter();
    return contentOf(writer, reportFrom(snapshot, parameters));
  });
}

async function imported(clientId: string, file: Buffer, settings: Partial<ImportSettings>) {
  const report = await imports.importOrders(clientId, Readable.from([file]), { settings });
  expect({ errors: report.errors, failure: report.failure }).toEqual({ errors: [], failure: null });
  return report;
}

const linesOf = ({ orders }: RandomBook): Buffer =>
  Buffer.from(orders.map(({ body }) => `${JSON.stringify(body)}\n`).join(''));

describe('a report with items', () => {
  it('reads back as the same orders, in every form', async () => {
    let clients = 0;
    const newClient = (): Promise<string> => book.newClient(`Merchant ${(clients += 1)}`);
    await fc.assert(
      fc.asyncProperty(books, forms, async (random, form) => {
        const owner = await newClient();
        await imported(owner, linesOf(random), { format: 'ndjson' });
        const file = await fileOf(owner, form);
        const settings: Partial<ImportSettings> = {
          format: form === 'ndjson' ? 'ndjson' : 'delimited',
          timeZone: ZONE,
        };
        const other = await newClient();
        await imported(other, file, settings);
        expect(await ordersOf(other)).toEqual(await ordersOf(owner));
        const again = await imported(owner, file, { ...settings, onConflict: OnConflict.Update });
        expect(again).toMatchObject({ created: 0, updated: 0, unchanged: random.orders.length });
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('reads back as NDJSON what has more lines than a request may have, and takes off what is no longer there', async () => {
    const owner = await book.newClient('Large');
    const order = {
      number: 'L-1',
      ordered_at: '2026-01-01',
      currency: 'USD',
      customer_name: 'Eve',
      lines: Array.from({ length: 3_000 }, (_, index) => ({
        sku: `SKU-${index}`,
        description: 'Bush Somerset Collection Bookcase',
        quantity: '2',
        unit_price: '130.98',
      })),
    };
    await imported(owner, Buffer.from(JSON.stringify(order)), { format: 'ndjson' });
    const file = await fileOf(owner, 'ndjson');
    const referred = Buffer.from(JSON.stringify({ ...order, customer_reference: 'C-1' }));
    await imported(owner, referred, { format: 'ndjson', onConflict: OnConflict.Update });
    expect((await ordersOf(owner))[0]?.customerReference).toBe('C-1');
    expect(await imported(owner, file, { format: 'ndjson', onConflict: OnConflict.Update })).toMatchObject({
      updated: 1,
    });
    const [after] = await ordersOf(owner);
    expect(after?.customerReference).toBeNull();
    expect(after?.lines).toHaveLength(3_000);
  });
});
