import { OrderImportService } from '../../src/orders/import/order-import.service';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { escapeLiteral } from 'pg';
import type { OrderReportQueries } from '../../src/orders/order-report-queries';
import { SelectionSql } from '../../src/orders/spooled-orders';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { ANY_ORDER } from '../../src/orders/order-filter';
import { csv, OrderBook, reportOf } from './order-book';

const HEADER = 'order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price';
const ALL = { ...ANY_ORDER, startDate: '2026-01-01', endDate: '2027-01-01', timeZone: 'UTC' };

describe('reading the orders of a report', () => {
  let book: OrderBook;
  let imports: OrderImportService;
  let queries: OrderReportQueries;
  let clientId: string;

  beforeAll(async () => {
    book = await OrderBook.open();
    imports = new OrderImportService(book.dataSource);
    queries = book.queries;
  });
  beforeEach(async () => {
    await book.dataSource.query('DELETE FROM client');
    clientId = await book.newClient('Merchant');
  });
  afterAll(() => book.close());

  const importRows = async (...rows: string[]): Promise<void> => {
    const report = await imports.importOrders(clientId, csv(HEADER, ...rows));
    expect(report.errors).toEqual([]);
  };
  const manyRows = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, i) => `N-${i},2026-${String(1 + (i % 12)).padStart(2, '0')}-01,paid,EUR,Eve,S,Thing,1,1`,
    );
  const rowsOf = (filter: typeof ALL): string =>
    new SelectionSql(clientId, reportOf(filter), escapeLiteral).rows();
  const readAll = async (filter: typeof ALL, includeItems = false): Promise<ReportedOrder[]> =>
    queries.withSnapshot(clientId, reportOf(filter, { includeItems }), {}, async (snapshot) => {
      const orders: ReportedOrder[] = [];
      for await (const batch of snapshot.orders()) orders.push(...batch);
      return orders;
    });

  it('reads the orders of the client and the period alone, by the index that has the order of a report', async () => {
    await importRows(...manyRows(5_000));
    await book.dataSource.query('ANALYZE orders');
    const [row] = await book.dataSource.query<{ 'QUERY PLAN': unknown }[]>(
      `EXPLAIN (FORMAT JSON) ${rowsOf({ ...ALL, endDate: '2026-02-01' })}`,
    );
    const plan = JSON.stringify(row!['QUERY PLAN']);
    expect(plan).toContain('"Index Name":"orders_in_report_order"');
    expect(plan).not.toContain('"Seq Scan"');
  });

  it('sums up by currency, status and month, exactly: gross, cancelled, refunded and net', async () => {
    await importRows(
      'A,2026-01-31,paid,EUR,Eve,S,Thing,3,0.1',
      'B,2026-03-01,paid,EUR,Eve,S,Thing,1,0.01',
      'C,2026-03-01,pending,EUR,Eve,S,Thing,1,1',
      'D,2026-03-02,refunded,CHF,Eve,S,Thing,1,5',
      'E,2027-01-01,paid,EUR,Eve,S,Thing,1,1000',
      'F,2026-03-05,cancelled,EUR,Eve,S,Thing,1,7',
      'G,2026-05-01,paid,JPY,Eve,S,Thing,2,450',
    );
    // What was given back before it was cancelled is not deducted twice.
    await book.dataSource.query("UPDATE orders SET refunded_total = 2.50 WHERE number = 'F'");
    const summary = await queries.summarize(clientId, { ...ALL, endDate: '2026-12-31' });
    expect(summary).toMatchObject({ orders: 6, lines: 6, extras: 2, seriesUnit: 'month' });
    const figures = (orders: number, gross: string, cancelled: string, refunded: string, net: string) => ({
      orders,
      gross,
      cancelled,
      refunded,
      net,
    });
    expect(summary.totals).toEqual([
      { currency: 'CHF', ...figures(1, '5.00', '0.00', '5.00', '0.00') },
      { currency: 'EUR', ...figures(4, '8.31', '7.00', '0.00', '1.31') },
      { currency: 'JPY', ...figures(1, '900', '0', '0', '900') },
    ]);
    expect(summary.byStatus).toEqual([
      { status: 'refunded', currency: 'CHF', ...figures(1, '5.00', '0.00', '5.00', '0.00') },
      { status: 'pending', currency: 'EUR', ...figures(1, '1.00', '0.00', '0.00', '1.00') },
      { status: 'paid', currency: 'EUR', ...figures(2, '0.31', '0.00', '0.00', '0.31') },
      { status: 'cancelled', currency: 'EUR', ...figures(1, '7.00', '7.00', '0.00', '0.00') },
      { status: 'paid', currency: 'JPY', ...figures(1, '900', '0', '0', '900') },
    ]);
    expect(summary.series).toHaveLength(36);
    expect(summary.series.filter((point) => point.orders > 0)).toEqual([
      { periodStart: '2026-03-01', currency: 'CHF', ...figures(1, '5.00', '0.00', '5.00', '0.00') },
      { periodStart: '2026-01-01', currency: 'EUR', ...figures(1, '0.30', '0.00', '0.00', '0.30') },
      { periodStart: '2026-03-01', currency: 'EUR', ...figures(3, '8.01', '7.00', '0.00', '1.01') },
      { periodStart: '2026-05-01', currency: 'JPY', ...figures(1, '900', '0', '0', '900') },
    ]);
    const paid = await queries.summarize(clientId, { ...ALL, endDate: '2026-12-31', statuses: ['paid'] });
    expect(paid.totals).toEqual([
      { currency: 'EUR', ...figures(2, '0.31', '0.00', '0.00', '0.31') },
      { currency: 'JPY', ...figures(1, '900', '0', '0', '900') },
    ]);
    expect(await queries.summarize(await book.newClient('Nobody'), ALL)).toEqual({
      columnTotals: [],
      orders: 0,
      lines: 0,
      extras: 0,
      removed: 0,
      totals: [],
      byStatus: [],
      series: [],
      seriesUnit: 'month',
    });
  });

  it("begins and ends with the days of the caller's time zone, over a change of the clocks too", async () => {
    await importRows(
      'LAST-OF-28,2026-03-28T22:59:59Z,paid,EUR,Eve,S,Thing,1,1',
      'FIRST-OF-29,2026-03-28T23:00:00Z,paid,EUR,Eve,S,Thing,1,1',
      'LAST-OF-29,2026-03-29T21:59:59Z,paid,EUR,Eve,S,Thing,1,1',
      'FIRST-OF-30,2026-03-29T22:00:00Z,paid,EUR,Eve,S,Thing,1,1',
    );
    const filter = { ...ALL, startDate: '2026-03-29', endDate: '2026-03-30', timeZone: 'Europe/Berlin' };
    expect((await readAll(filter)).map((order) => order.number)).toEqual(['FIRST-OF-29', 'LAST-OF-29']);
    expect((await queries.summarize(clientId, filter)).series).toMatchObject([
      { periodStart: '2026-03-29', currency: 'EUR', gross: '2.00', net: '2.00', orders: 2 },
    ]);
  });

  it('keeps its moment: the summary and the orders agree whatever is written meanwhile', async () => {
    await importRows(...manyRows(2_500));
    // While the rows are read.
    const accept = (): Promise<void> => importRows('NEW-1,2026-12-31,paid,EUR,Eve,S,Thing,1,1');
    await queries.withSnapshot(
      clientId,
      reportOf(ALL, { includeItems: true }),
      { accept },
      async (snapshot) => {
        expect(snapshot.summary.orders).toBe(2_500);
        let read = 0;
        for await (const batch of snapshot.orders()) {
          if (read === 0) await importRows('NEW-2,2026-12-31,paid,EUR,Eve,S,Thing,1,1');
          expect(batch.every((order) => order.lines.length === 1)).toBe(true);
          read += batch.length;
        }
        expect(read).toBe(2_500);
      },
    );
    expect((await queries.summarize(clientId, ALL)).orders).toBe(2_502);
  });

  it('ends with what the summary is refused for, and leaves no file and no transaction', async () => {
    await importRows(...manyRows(2_500));
    const refuse = (): Promise<void> => Promise.reject(new Error('too many'));
    for (let i = 0; i < 25; i++)
      await expect(
        queries.withSnapshot(clientId, reportOf(ALL), { accept: refuse }, () => {
          throw new Error('must not be read');
        }),
      ).rejects.toThrow('too many');
    expect(readdirSync(tmpdir()).filter((name) => name.includes('reports-spool'))).toEqual([]);
    expect(await readAll(ALL)).toHaveLength(2_500);
  });

  it('is forgotten by the database while it is read, as often as one likes, and leaves no file', async () => {
    const spools = (): string[] => readdirSync(tmpdir()).filter((name) => name.includes('reports-spool'));
    // Autovacuum has snapshots too.
    const held = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend' AND (backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%')`;
    await importRows(...manyRows(2_500));
    const before = spools();
    await queries.withSnapshot(clientId, reportOf(ALL), {}, async (snapshot) => {
      const readings: ReportedOrder[][] = [];
      for (let reading = 0; reading < 2; reading += 1) {
        const orders: ReportedOrder[] = [];
        for await (const batch of snapshot.orders()) {
          expect(await book.dataSource.query(held)).toEqual([]);
          orders.push(...batch);
        }
        readings.push(orders);
      }
      expect(readings[0]).toHaveLength(2_500);
      expect(readings[1]).toEqual(readings[0]);
      expect(spools()).toEqual(before);
    });
  });

  it('gives every character back as it was written, and every order of whatever length', async () => {
    const texts = [
      'a\tb',
      'tab\there',
      'line\nbreak',
      'back\\slash \\n',
      '"quoted" \u00e9 \u{1f600}',
      'N'.repeat(200),
      '\\N',
    ];
    for (const [index, text] of texts.entries()) {
      await book.dataSource.query(
        `WITH made AS (
           INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, customer_reference, subtotal,
             discount_total, shipping_total, tax_total, tax_included, adjustment_total, refunded_total, line_count)
           VALUES ($1, $2, $3, 'paid', 'EUR', $4, left($4, 100), 1.00, 0.00, 0.00, 0.00, false, 0.00, 0.00, 1) RETURNING id
         ) INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
         SELECT id, 1, 'S', $4, 1, 1.00, 1.00 FROM made`,
        [clientId, `T-${index}`, `2026-01-0${index + 1}T00:00:00.123Z`, text],
      );
    }
    const orders = await readAll(ALL, true);
    expect(orders.map(({ customerName }) => customerName)).toEqual(texts);
    expect(orders.map(({ lines }) => lines[0]?.description)).toEqual(texts);
    expect(orders.map(({ customerReference }) => customerReference)).toEqual(
      texts.map((text) => text.slice(0, 100)),
    );
    expect(orders[0]).toMatchObject({
      orderedAt: new Date('2026-01-01T00:00:00.123Z'),
      lineCount: 1,
      subtotal: '1.00',
      taxIncluded: false,
      total: '1.00',
      netTotal: '1.00',
    });
  });

  it.each([999, 1_000, 1_001])(
    'reads %d orders as it would with their lines, and sums them up',
    async (count) => {
      await importRows(
        'EXACT,2026-12-31T23:59:59.123Z,refunded,CHF,"Zoë ""Z"" O\'Hara",S,Thing,3,0.1',
        ...manyRows(count - 1),
      );
      const read = (includeItems: boolean): Promise<unknown> =>
        queries.withSnapshot(clientId, reportOf(ALL, { includeItems }), {}, async (snapshot) => {
          const all: ReportedOrder[] = [];
          for await (const batch of snapshot.orders())
            all.push(...batch.map((order) => ({ ...order, lines: [] })));
          return { summary: snapshot.summary, all };
        });
      const short = await read(false);
      expect(short).toMatchObject({ summary: { orders: count, lines: count }, all: { length: count } });
      expect(short).toEqual(await read(true));
      expect(short).toMatchObject({ summary: await queries.summarize(clientId, ALL) });
    },
  );

  it('never gives the orders or the lines of another client', async () => {
    await importRows('MINE,2026-01-01,paid,EUR,Eve,S,Thing,1,1');
    const other = await book.newClient('Another');
    await imports.importOrders(other, csv(HEADER, 'THEIRS,2026-01-01,paid,EUR,Eve,S,Thing,1,1'));
    expect((await readAll(ALL, true)).map((order) => order.number)).toEqual(['MINE']);
    expect((await queries.summarize(clientId, ALL)).orders).toBe(1);
  });

  it('reads orders with many lines in parts, without losing one', async () => {
    const rows = Array.from(
      { length: 45_000 },
      (_, i) => `O-${i % 9},2026-01-01,paid,EUR,Eve,S-${i},Thing,1,1`,
    );
    await importRows(...rows);
    const orders = await readAll(ALL, true);
    expect(orders.map((order) => order.number)).toEqual(Array.from({ length: 9 }, (_, i) => `O-${i}`));
    expect(orders.every((order) => order.lines.length === 5_000)).toBe(true);
    expect(orders[3]!.lines[1]!.sku).toBe('S-12');
  });

  it('stops in the middle when it is aborted, and gives the connection back', async () => {
    await importRows(...manyRows(3_000));
    const abort = new AbortController();
    const reading = queries.withSnapshot(
      clientId,
      reportOf(ALL),
      { signal: abort.signal },
      async (snapshot) => {
        for await (const batch of snapshot.orders()) {
          expect(batch.length).toBeGreaterThan(0);
          abort.abort(new Error('cancelled'));
        }
      },
    );
    await expect(reading).rejects.toThrow('cancelled');
    // More times than the pool has connections: each one must come back, and in order.
    for (let i = 0; i < 25; i++) expect((await readAll({ ...ALL, endDate: '2026-01-02' })).length).toBe(250);
    const [open] = await book.dataSource.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    expect(open!.count).toBe(0);
  });

  it('gives the connection back when the reader stops early or throws', async () => {
    await importRows(...manyRows(3_000));
    for (let i = 0; i < 25; i++) {
      const reading = queries.withSnapshot(clientId, reportOf(ALL), {}, async (snapshot) => {
        for await (const batch of snapshot.orders()) throw new Error(`stop after ${batch.length}`);
      });
      await expect(reading).rejects.toThrow('stop after 250');
    }
    expect(await readAll(ALL)).toHaveLength(3_000);
  });
});
