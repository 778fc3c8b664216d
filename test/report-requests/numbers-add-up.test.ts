import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { sumDecimals } from '../../src/common/decimal';
import { ANY_ORDER } from '../../src/orders/order-filter';
import { OrderReportQueries, type OrderSnapshot } from '../../src/orders/order-report-queries';
import { viewSummary } from '../../src/orders/order-summary.view';
import { toNewOrder } from '../../src/orders/order.dto';
import { viewOrderWithLines } from '../../src/orders/order.view';
import { OrderWriterService } from '../../src/orders/order-writer.service';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { CsvReportWriter } from '../../src/report-requests/formats/csv/csv-report.writer';
import { messagesOf } from '../../src/report-requests/messages/message-files';
import { FontLibrary } from '../../src/report-requests/rendering/fonts/font-library';
import type { ReportDocument } from '../../src/report-requests/rendering/report-document';
import { reportFormats } from '../../src/report-requests/rendering/report-formats';
import { layOut } from '../../src/report-requests/rendering/report-parts';
import { tableLayout } from '../../src/report-requests/rendering/table-layout';
import { TestRenderer } from '../rendering/test-renderer';
import { reportOf as queryOf } from '../orders/order-book';
import { TestApp } from '../support/test-app';
import { atOnce } from '../support/at-once';
import { Equalities, expectPrintAddsUp, expectSummaryAddsUp, type KnownOrder } from './adding-up';
import { PRINTABLE_LOCALES, unlikeLocales } from './printable-locales';
import { htmlOf, readHtml, readPages } from './printed-report';
import { CURRENCIES, RANDOM_SEED, type RandomBook, randomBooks } from './random-books';
import { contentOf, reportFrom } from './file-content';

const BOOKS = 1_000;
const BY = { keyId: null, jobId: null };
/** `npm run numbers` prints a thousand, in every language. */
const PRINTED_LOCALES = process.env['PRINTED_BOOKS'] === undefined ? unlikeLocales() : PRINTABLE_LOCALES;
const PRINTED_BOOKS = Number(process.env['PRINTED_BOOKS'] ?? PRINTED_LOCALES.length);
/** Only what hangs takes so long. */
const MOST_PRINTING_MS = PRINTED_BOOKS * 5_000;
/** Some are so long that they are printed without tags, and in several parts. */
const PRINTED = fc.tuple(
  fc.oneof({ weight: 19, arbitrary: randomBooks(12) }, { weight: 1, arbitrary: randomBooks(200, 150) }),
  fc.boolean(),
);

let app: TestApp;
let orders: OrderWriterService;
let queries: OrderReportQueries;
let clients = 0;

beforeAll(async () => {
  app = await TestApp.start({ ROLE: 'api' });
  orders = app.app.get(OrderWriterService);
  queries = app.app.get(OrderReportQueries);
});

afterAll(() => app.stop());

/** Writes a book as callers do, for a client of its own. */
async function write({ orders: bodies }: RandomBook): Promise<string> {
  clients += 1;
  const [client] = await app.dataSource.query<{ id: string }[]>(
    'INSERT INTO client (name) VALUES ($1) RETURNING id',
    [`Merchant ${clients}`],
  );
  const clientId = client!.id;
  const written = await Promise.all(
    bodies.map(({ body }) => orders.create(clientId, toNewOrder(body, body.number), BY)),
  );
  expect(
    written
      .map(viewOrderWithLines)
      .map(({ lines, total, net_total, refunded_total }) => [
        lines.map((line) => line.total),
        total,
        net_total,
        refunded_total,
      ]),
  ).toEqual(bodies.map(({ lineTotals, total, net, body }) => [lineTotals, total, net, body.refunded_total]));
  return clientId;
}

interface Reading {
  orders: ReportedOrder[];
  summary: OrderSnapshot['summary'];
}

function read(clientId: string, { period }: RandomBook, includeItems: boolean): Promise<Reading> {
  const query = queryOf({ ...ANY_ORDER, ...period, timeZone: 'UTC' }, { includeItems });
  return queries.withSnapshot(clientId, query, {}, async (snapshot) => {
    const all: ReportedOrder[] = [];
    for await (const batch of snapshot.orders()) all.push(...batch);
    return { orders: all, summary: snapshot.summary };
  });
}

const oneBatch = async function* <T>(all: T[]): AsyncGenerator<T[]> {
  yield await Promise.resolve(all);
};

function documentOf(
  { orders: all, summary }: Reading,
  { period }: RandomBook,
  locale: string,
  includeItems: boolean,
): ReportDocument {
  return {
    ...period,
    title: 'Order report',
    clientName: 'Merchant',
    isDelta: false,
    filter: ANY_ORDER,
    columns: ['ordered_at', 'number', 'customer_name', 'status', 'total'],
    sort: [],
    groupBy: null,
    paper: 'A4',
    brand: null,
    // Not every reader of PDFs puts words of every script together again.
    labels: messagesOf('en'),
    locale,
    timeZone: 'UTC',
    includeItems,
    accessible: false,
    generatedAt: new Date(),
    asOf: '',
    summary,
    orders: () => oneBatch(all),
    groups: () => oneBatch([]),
  };
}

function knownOf({ orders: all, summary: { seriesUnit } }: Reading): KnownOrder[] {
  return all.map(({ number, currency, orderedAt }) => {
    const first = new Date(orderedAt);
    if (seriesUnit === 'month') first.setUTCDate(1);
    if (seriesUnit === 'week') first.setUTCDate(first.getUTCDate() - ((first.getUTCDay() + 6) % 7));
    return { number, currency, period: first.toISOString().slice(0, 10) };
  });
}

/** Every row to its order and every order to the totals, with the digits of the currency and no other. */
async function expectCsvAddsUp(reading: Reading, hasLines: boolean): Promise<void> {
  const snapshot = { summary: reading.summary, orders: () => oneBatch(reading.orders) };
  const csv = await contentOf(new CsvReportWriter(), reportFrom(snapshot, { includeItems: hasLines }));
  const rows: Record<string, string>[] = parse(csv, { bom: true, columns: true });
  const byOrder = new Map<string, Record<string, string>[]>();
  for (const row of rows) byOrder.set(row['number']!, [...(byOrder.get(row['number']!) ?? []), row]);
  const equal = new Equalities();
  const heads = [...byOrder.values()].map((all) => {
    const [row] = all as [Record<string, string>];
    const form = new RegExp(`^-?\\d+${digitsOf(row['currency']!)}$`);
    const amount = (name: string): string => {
      equal.add([name, row[name], form.test(row[name] ?? '')], [name, row[name], true]);
      return row[name]!;
    };
    const tax = row['tax_included'] === 'true' ? [] : [amount('tax_total')];
    const charges = [amount('subtotal'), minus(amount('discount_total')), amount('shipping_total'), ...tax];
    if (hasLines) equal.add(sumDecimals(all.map((each) => each['line_total']!)), amount('subtotal'));
    equal.add(sumDecimals([...charges, amount('adjustment_total')]), amount('total'));
    const net = sumDecimals([amount('total'), minus(amount('refunded_total'))]);
    equal.add(
      amount('net_total'),
      row['status'] === 'cancelled' ? net.replace(/\d/g, '0').replace(/^-?0+/, '0') : net,
    );
    return row;
  });
  for (const { currency, gross, net } of reading.summary.totals) {
    const ofCurrency = heads.filter((row) => row['currency'] === currency);
    equal.add([currency, sumDecimals(ofCurrency.map((row) => row['total']!))], [currency, gross]);
    equal.add([currency, sumDecimals(ofCurrency.map((row) => row['net_total']!))], [currency, net]);
  }
  equal.expectAll();
}

const minus = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

const digitsOf = (currency: string): string => {
  const digits = CURRENCIES[currency]!;
  return digits === 0 ? '' : `\\.\\d{${digits}}`;
};

/** Writes a book, and adds up what is said of it before anything is printed. */
async function reportOf(
  book: RandomBook,
  locale: string,
  hasLines: boolean,
): Promise<{ document: ReportDocument; known: KnownOrder[] }> {
  const clientId = await write(book);
  const reading = await read(clientId, book, hasLines);
  const summary = viewSummary(
    await queries.summarize(clientId, { ...ANY_ORDER, ...book.period, timeZone: 'UTC' }),
  );
  expect(viewSummary(reading.summary)).toEqual(summary);
  expectSummaryAddsUp(summary);
  await expectCsvAddsUp(reading, hasLines);
  return { document: documentOf(reading, book, locale, hasLines), known: knownOf(reading) };
}

it('adds up in a thousand random books in all languages: JSON, CSV, summary and what is laid out', async () => {
  const fonts = new FontLibrary();
  const books = fc.sample(fc.tuple(randomBooks(8), fc.boolean(), fc.boolean()), {
    numRuns: BOOKS,
    seed: RANDOM_SEED,
  });
  // One language after the other, whose formats are made once.
  const localeOf = (index: number): string =>
    PRINTABLE_LOCALES[Math.floor((index * PRINTABLE_LOCALES.length) / BOOKS)]!;
  await atOnce(
    books.entries(),
    async ([index, [book, hasLines, tagged]]) => {
      const locale = localeOf(index);
      const { document, known } = await reportOf(book, locale, hasLines);
      const layout = await layOut(document, fonts, { pagesPerPart: 2, taggedPages: tagged ? 1_000 : 0 });
      expectPrintAddsUp(readHtml(await htmlOf(layout)), known, locale, hasLines);
    },
    ([index]) => `${localeOf(index)}, book ${index} of RANDOM_SEED=${RANDOM_SEED}`,
  );
}, 900_000);

describe('printed', () => {
  let renderer: TestRenderer;

  beforeAll(async () => {
    renderer = await TestRenderer.create({}, 2);
  });

  afterAll(() => renderer.close());

  async function expectAddsUp(locale: string, seed: number): Promise<void> {
    const [[book, hasLines]] = fc.sample(PRINTED, { numRuns: 1, seed }) as [[RandomBook, boolean]];
    const { document, known } = await reportOf(book, locale, hasLines);
    const pdf = await renderer.render(document);
    const printed = readPages(pdf, reportFormats(locale, 'UTC').direction, tableLayout(document));
    expectPrintAddsUp(printed, known, locale, hasLines);
  }

  const localeOf = (index: number): string => PRINTED_LOCALES[index % PRINTED_LOCALES.length]!;

  it(
    'adds up by the text of the pages, however a language writes',
    () =>
      atOnce(
        Array<undefined>(PRINTED_BOOKS).keys(),
        (index) => expectAddsUp(localeOf(index), RANDOM_SEED + index),
        (index) => `${localeOf(index)}, book ${index} of RANDOM_SEED=${RANDOM_SEED}`,
      ),
    MOST_PRINTING_MS,
  );
});
