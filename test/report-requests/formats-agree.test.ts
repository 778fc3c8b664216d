import fc from 'fast-check';
import { sumDecimals } from '../../src/common/decimal';
import { AMOUNT_COLUMNS, type ColumnTotals } from '../../src/orders/order-columns';
import { OrderChangesService } from '../../src/orders/order-changes.service';
import { OrderReportQueries, type OrderSnapshot } from '../../src/orders/order-report-queries';
import type { OrderSummary } from '../../src/orders/order-summary';
import { OrderStatus } from '../../src/orders/order-status';
import { OrderWriterService } from '../../src/orders/order-writer.service';
import { toNewOrder } from '../../src/orders/order.dto';
import { CsvReportWriter } from '../../src/report-requests/formats/csv/csv-report.writer';
import { NdjsonReportWriter } from '../../src/report-requests/formats/ndjson/ndjson-report.writer';
import { documentOf } from '../../src/report-requests/formats/pdf/pdf-report.writer';
import type { Report } from '../../src/report-requests/formats/report-writer';
import { XlsxReportWriter } from '../../src/report-requests/formats/xlsx/xlsx-report.writer';
import { parametersOf, queryOf } from '../../src/report-requests/orders-report.job';
import { FontLibrary } from '../../src/report-requests/rendering/fonts/font-library';
import type { ReportDocument } from '../../src/report-requests/rendering/report-document';
import { reportFormats } from '../../src/report-requests/rendering/report-formats';
import { layOut } from '../../src/report-requests/rendering/report-parts';
import { tableLayout } from '../../src/report-requests/rendering/table-layout';
import { TestRenderer } from '../rendering/test-renderer';
import { TestApp } from '../support/test-app';
import { atOnce } from '../support/at-once';
import { Equalities } from './adding-up';
import { contentOf, reportFrom } from './file-content';
import {
  byCurrency,
  type FileReading,
  type KnownOrder,
  type PrintedTexts,
  readCsv,
  readNdjson,
  readPrint,
  readXlsx,
  sectionsOf,
} from './file-readings';
import { ordersOfHtml, ordersOfPages } from './printed-orders';
import { htmlOf, readHtml, readPages } from './printed-report';
import { RANDOM_SEED, type RandomBook, randomBooks, type RandomOrder } from './random-books';
import { type RandomRequest, randomRequests } from './random-requests';

const REQUESTS = 1_000;
/** `npm run numbers` prints a thousand. */
const PRINTED_REQUESTS = Number(process.env['PRINTED_REQUESTS'] ?? 150);
/** Only what hangs takes so long. */
const MOST_PRINTING_MS = PRINTED_REQUESTS * 10_000;
const LARGEST = '123456789012345.67';
/** Spreadsheets do not keep so many digits of a number. */
const LARGE: RandomOrder = {
  body: {
    number: 'L',
    ordered_at: '2026-01-15T12:00:00Z',
    status: OrderStatus.Paid,
    currency: 'EUR',
    customer_name: 'Large',
    customer_reference: 'C-1',
    discount_total: '0.00',
    shipping_total: '0.00',
    tax_total: '0.00',
    tax_included: false,
    adjustment_total: '0.00',
    refunded_total: '0.00',
    lines: [{ sku: 'S', description: 'Large', quantity: '1', unit_price: LARGEST }],
  },
  lineTotals: [LARGEST],
  total: LARGEST,
  net: LARGEST,
};
/** Some have so many orders that pages and groups go on and on. */
const BOOKS = [
  ...fc.sample(randomBooks(2), { numRuns: 2, seed: RANDOM_SEED }),
  ...fc.sample(randomBooks(30, 10), { numRuns: 18, seed: RANDOM_SEED }),
  ...fc.sample(randomBooks(30, 10), { numRuns: 6, seed: RANDOM_SEED + 1 }).map(withLarge),
  ...fc.sample(randomBooks(120, 80), { numRuns: 2, seed: RANDOM_SEED }),
];
const REQUEST = randomRequests(BOOKS.length);
const BY = { keyId: null, jobId: null };
const NO_CONDITIONS = { ifMatch: undefined, ifNoneMatch: undefined };

function withLarge(book: RandomBook): RandomBook {
  return { ...book, orders: [...book.orders, LARGE] };
}

/** A book that was written. */
interface WrittenBook {
  clientId: string;
  /** A cursor of the feed of changes. */
  middle: string;
  orders: Map<string, RandomOrder>;
}

let app: TestApp;
let queries: OrderReportQueries;
let books: WrittenBook[];

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
  queries = app.app.get(OrderReportQueries);
  books = [];
  for (const book of BOOKS) books.push(await write(book));
});

afterAll(() => app.stop());

/** Half of its orders, then the others, with one deleted meanwhile. */
async function write({ orders }: RandomBook): Promise<WrittenBook> {
  const writer = app.app.get(OrderWriterService);
  const [client] = await app.dataSource.query<{ id: string }[]>(
    `INSERT INTO client (name) VALUES ('Merchant ' || gen_random_uuid()) RETURNING id`,
  );
  const clientId = client!.id;
  const create = (some: RandomOrder[]) =>
    Promise.all(some.map(({ body }) => writer.create(clientId, toNewOrder(body, body.number), BY)));
  const half = Math.ceil(orders.length / 2);
  const [first] = await create(orders.slice(0, half));
  const middle = await app.app.get(OrderChangesService).asOf(clientId);
  await create(orders.slice(half));
  await writer.delete(clientId, first!.id, NO_CONDITIONS, BY);
  return { clientId, middle, orders: new Map(orders.map((order) => [order.body.number, order])) };
}

/** The orders of a snapshot as they were written: it says which, in which order and group, and what is gone. */
async function knownOrders(snapshot: OrderSnapshot, book: WrittenBook): Promise<KnownOrder[]> {
  const known: KnownOrder[] = [];
  for await (const batch of snapshot.orders())
    for (const { number, group = null, change } of batch) {
      const { body, lineTotals, total, net } = book.orders.get(number)!;
      const besides = [
        body.discount_total,
        body.shipping_total,
        body.tax_total,
        body.adjustment_total,
        body.refunded_total,
      ];
      known.push({
        number,
        group,
        isGone: change === 'removed',
        currency: body.currency,
        lines: lineTotals.length,
        extras: besides.filter((amount) => /[1-9]/.test(amount)).length,
        amounts: { ...body, subtotal: sumDecimals(lineTotals), total, net_total: net },
      });
    }
  return known;
}

/** Its rows are read once for all formats, as a report reads them. */
async function readOnce({ summary, asOf, ...rows }: OrderSnapshot): Promise<OrderSnapshot> {
  const orders = await allOf(rows.orders());
  const groups = await allOf(rows.groups());
  return { summary, asOf, orders: () => inTurn(orders), groups: () => inTurn(groups) };
}

async function allOf<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

async function* inTurn<T>(batches: T[]): AsyncGenerator<T> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

type ReadPages = (document: ReportDocument, request: RandomRequest) => Promise<PrintedTexts>;

/** Writes a request's report in each format from one snapshot, and holds what is read of each to the others. */
async function expectAgreement(request: RandomRequest, readPages: ReadPages): Promise<void> {
  const book = books[request.book]!;
  const { isDelta } = request;
  const parameters = parametersOf({ ...request.parameters, changedSince: isDelta ? book.middle : null });
  await queries.withSnapshot(book.clientId, queryOf(parameters), {}, async (spooled) => {
    const snapshot = await readOnce(spooled);
    const report: Report = { ...reportFrom(snapshot, parameters), isDelta };
    const orders = await knownOrders(snapshot, book);
    const sections = sectionsOf(orders);
    await expectSnapshot(snapshot, orders);
    const document = documentOf(report);
    const readings = [
      readCsv(await contentOf(new CsvReportWriter(), report), report, sections),
      readNdjson(await contentOf(new NdjsonReportWriter(), report), report, sections),
      await readXlsx(await contentOf(new XlsxReportWriter(), report), report, sections),
      readPrint(await readPages(document, request), report, sections, tableLayout(document)),
    ];
    for (const reading of readings) expectReading(reading, snapshot.summary, orders);
  });
}

const added = (rows: readonly string[][], columns: readonly unknown[]): string[] =>
  columns.map((_, column) => sumDecimals(rows.map((row) => row[column]!)));

/** A snapshot comes to what was written, and its groups to it. */
async function expectSnapshot(snapshot: OrderSnapshot, orders: KnownOrder[]): Promise<void> {
  const written = byCurrency(orders).map((all) => ({
    currency: all[0]!.currency,
    orders: all.length,
    amounts: AMOUNT_COLUMNS.map((column) => sumDecimals(all.map(({ amounts }) => amounts[column]))),
  }));
  const amountsIn = ({ amounts, ...total }: ColumnTotals) => ({
    ...total,
    amounts: AMOUNT_COLUMNS.map((column) => amounts[column]),
  });
  const { columnTotals, totals } = snapshot.summary;
  const equal = new Equalities();
  equal.add(columnTotals.map(amountsIn), written);
  equal.add(
    totals.map(({ currency, gross, net }) => [currency, gross, net]),
    columnTotals.map(({ currency, amounts }) => [currency, amounts.total, amounts.net_total]),
  );
  const read = [];
  for await (const batch of snapshot.groups())
    read.push(...batch.flatMap(({ totals }) => totals.map(amountsIn)));
  if (read.length > 0)
    for (const { currency, ...total } of written) {
      const own = read.filter((group) => group.currency === currency);
      const ofGroups = {
        orders: own.reduce((count, group) => count + group.orders, 0),
        amounts: added(
          own.map(({ amounts }) => amounts),
          AMOUNT_COLUMNS,
        ),
      };
      equal.add([currency, ofGroups], [currency, total]);
    }
  equal.expectAll();
}

/** Each row is what was written, and the rows come to the sums below them, the snapshot's totals, and the grand total. */
function expectReading(
  { format, columns, numbers, amounts, sums, grandTotals }: FileReading,
  { columnTotals, totals }: OrderSummary,
  orders: KnownOrder[],
): void {
  const equal = new Equalities();
  const order = orders.map(({ number }) => number);
  equal.add([format, ...numbers], [format, ...(numbers.length > 0 ? order : [])]);
  const written = orders.map((each) => columns.map((column) => (each.isGone ? '' : each.amounts[column])));
  equal.add([format, ...amounts], [format, ...written]);

  const read = new Map(orders.map((each, index) => [each, amounts[index]!]));
  const comeTo = (some: KnownOrder[]): string[] =>
    added(
      some.map((each) => read.get(each)!),
      columns,
    );
  for (const { of, ...sum } of sums)
    equal.add(
      [format, sum],
      [format, { orders: sum.orders === null ? null : of.length, amounts: comeTo(of) }],
    );
  const ofCurrencies = byCurrency(orders).map((all) => [all[0]!.currency, ...comeTo(all)]);
  const ofSnapshot = columnTotals.map((total) => [
    total.currency,
    ...columns.map((column) => total.amounts[column]),
  ]);
  equal.add([format, ...ofCurrencies], [format, ...ofSnapshot]);
  if (grandTotals !== null) equal.add([format, ...grandTotals], [format, ...totals]);
  equal.expectAll();
}

const expectAllAgree = (requests: number, readPages: ReadPages): Promise<void> =>
  atOnce(
    fc.sample(REQUEST, { numRuns: requests, seed: RANDOM_SEED }),
    (request) => expectAgreement(request, readPages),
    (request) => `${JSON.stringify(request)} with RANDOM_SEED=${RANDOM_SEED}`,
  );

it('agree to the last digit for a thousand random requests', async () => {
  const fonts = new FontLibrary();
  const readPages: ReadPages = async (document, { isTagged }) => {
    const limits = { pagesPerPart: 2, taggedPages: isTagged ? 1_000 : 0 };
    const html = await htmlOf(await layOut(document, fonts, limits));
    return { rows: ordersOfHtml(html, tableLayout(document)), tables: readHtml(html).tables, isPaper: false };
  };
  await expectAllAgree(REQUESTS, readPages);
}, 900_000);

describe('printed', () => {
  let renderer: TestRenderer;

  beforeAll(async () => {
    renderer = await TestRenderer.create({}, 2);
  });

  afterAll(() => renderer.close());

  const readPrinted: ReadPages = async (document) => {
    const pdf = await renderer.render(document);
    const { direction } = reportFormats(document.locale, document.timeZone);
    const layout = tableLayout(document);
    const { tables } = readPages(pdf, direction, layout);
    return { rows: ordersOfPages(pdf, direction, layout), tables, isPaper: true };
  };

  it('agree by the text of the pages', () => expectAllAgree(PRINTED_REQUESTS, readPrinted), MOST_PRINTING_MS);
});
