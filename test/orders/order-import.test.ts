import { Readable } from 'node:stream';
import { ImportReport, OrderImportService } from '../../src/orders/import/order-import.service';
import { csv, OrderBook } from './order-book';

const HEADER =
  'order_number,ordered_at,status,currency,customer_name,customer_reference,sku,description,quantity,unit_price';

describe('importing a file', () => {
  let book: OrderBook;
  let imports: OrderImportService;
  let clientId: string;

  beforeAll(async () => {
    book = await OrderBook.open();
    imports = new OrderImportService(book.dataSource);
  });
  beforeEach(async () => {
    await book.dataSource.query('DELETE FROM client');
    clientId = await book.newClient('Merchant');
  });
  afterAll(() => book.close());

  const importRows = (...rows: string[]): Promise<ImportReport> =>
    imports.importOrders(clientId, csv(HEADER, ...rows));

  it('puts the rows of an order together, wherever they stand, in the order of the file', async () => {
    const report = await importRows(
      'A,2026-01-01,paid,EUR,Eve,C-1,S-2,Second,1,0.1',
      'B,2026-01-02,paid,EUR,Bob,,S-9,Other,1,1',
      'A,2026-01-01,paid,EUR,Eve,C-1,S-1,First,1,0.2',
    );
    expect(report).toEqual({
      created: 2,
      updated: 0,
      unchanged: 0,
      skipped: 0,
      orders: 2,
      lines: 3,
      cappedRefunds: [],
      ignoredColumns: [],
      detected: {
        format: 'delimited',
        encoding: 'utf-8',
        byte_order_mark: false,
        compression: null,
        delimiter: ',',
        decimal_mark: '.',
        date_form: 'YYYY-MM-DD',
      },
      failure: null,
      errors: [],
      errorCount: 0,
      isReadWhole: true,
    });
    const rows = await book.dataSource.query<object[]>(
      `SELECT number, o.total, line_count, position, sku FROM orders o JOIN order_line ON order_id = o.id
       WHERE client_id = $1 ORDER BY number, position`,
      [clientId],
    );
    expect(rows).toEqual([
      { number: 'A', total: '0.30', line_count: 2, position: 1, sku: 'S-2' },
      { number: 'A', total: '0.30', line_count: 2, position: 2, sku: 'S-1' },
      { number: 'B', total: '1.00', line_count: 1, position: 1, sku: 'S-9' },
    ]);
  });

  it('imports nothing when one row is wrong, and names every kind of error at once', async () => {
    await importRows('OLD,2026-01-01,paid,EUR,Eve,,S,Thing,1,1');
    const report = await importRows(
      'A,2026-01-01,paid,EUR,Eve,C-1,S-1,Thing,1,1',
      'A,2026-01-02,paid,EUR,Eve,,S-1,Thing,1,1',
      'OLD,2026-01-01,paid,EUR,Eve,,S,Thing,1,1',
      'B,2026-01-01,lost,EUR,Eve,,S-1,Thing,1,1',
    );
    expect(report).toMatchObject({ orders: 0, lines: 0, errorCount: 4 });
    expect(report.errors).toEqual([
      {
        row: 3,
        field: 'ordered_at',
        message: 'order A has another ordered_at in row 2',
        value: expect.stringMatching(/^2026-01-02/),
      },
      {
        row: 3,
        field: 'customer_reference',
        message: 'order A has another customer_reference in row 2',
        value: null,
      },
      { row: 4, field: 'order_number', message: 'order OLD exists already', value: 'OLD' },
      { row: 5, field: 'status', message: expect.stringContaining('must be one of'), value: 'lost' },
    ]);
    expect(await book.count('orders')).toBe(1);
  });

  it('refuses an order with too many lines, and one whose total is too large', async () => {
    const line = (number: string, price: string): string =>
      `${number},2026-01-01,paid,EUR,Eve,,S,Thing,1,${price}`;
    const report = await importRows(
      ...Array.from({ length: 10_001 }, () => line('LONG', '1')),
      ...Array.from({ length: 2 }, () => line('RICH', '999999999999999')),
    );
    expect(report.errors.map(({ message }) => message)).toEqual([
      'order LONG has 10001 lines, more than 10000',
      'the total of order RICH is too large',
    ]);
    expect(await book.count('orders')).toBe(0);
  });

  it('lets one of two imports of the same numbers win', async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) => `N-${i},2026-01-01,paid,EUR,Eve,,S,Thing,1,1`);
    const reports = await Promise.all([importRows(...rows), importRows(...rows.toReversed())]);
    expect(reports.map((report) => report.orders).sort()).toEqual([0, 3_000]);
    const loser = reports.find((report) => report.orders === 0)!;
    expect(loser.errorCount).toBe(3_000);
    expect(loser.errors).toHaveLength(1_000);
    expect(await book.count('order_line')).toBe(3_000);
  });

  it('keeps the numbers of clients apart', async () => {
    const row = 'A,2026-01-01,paid,EUR,Eve,,S,Thing,1,1';
    await importRows(row);
    const other = await book.newClient('Another');
    expect(await imports.importOrders(other, csv(HEADER, row))).toMatchObject({ orders: 1, errorCount: 0 });
  });

  it('stops when it is aborted, leaves nothing, and gives a clean connection back', async () => {
    const abort = new AbortController();
    const endless = Readable.from(
      (function* () {
        yield Buffer.from(`${HEADER}\n`);
        for (let i = 0; ; i++) yield Buffer.from(`E-${i},2026-01-01,paid,EUR,Eve,,S,Thing,1,1\n`);
      })(),
    );
    const onBytes = (bytes: number): void => {
      if (bytes > 200_000) abort.abort(new Error('enough'));
    };
    await expect(imports.importOrders(clientId, endless, { signal: abort.signal, onBytes })).rejects.toThrow(
      'enough',
    );
    expect(endless.destroyed).toBe(true);
    expect(await book.count('orders')).toBe(0);
    expect(await importRows('A,2026-01-01,paid,EUR,Eve,,S,Thing,1,1')).toMatchObject({ orders: 1 });
  });

  it('leaves nothing and a clean connection wherever it is aborted', async () => {
    const rows = Array.from({ length: 4_000 }, (_, i) => `W-${i},2026-01-01,paid,EUR,Eve,,S,Thing,1,1`);
    const started = performance.now();
    await importRows(...rows);
    const took = performance.now() - started;
    await book.dataSource.query('DELETE FROM orders; DELETE FROM order_change');
    let aborted = 0;
    for (let share = 0; share < 1; share += 0.05) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(new Error('enough')), took * share);
      const report = await imports
        .importOrders(clientId, csv(HEADER, ...rows), { signal: abort.signal })
        .catch((error: unknown) => error);
      clearTimeout(timer);
      const isAborted = report instanceof Error;
      if (isAborted) expect(report.message).toBe('enough');
      const [{ orders, changes }] = (await book.dataSource.query<unknown[]>(
        `SELECT (SELECT count(*) FROM orders)::int AS orders, (SELECT count(*) FROM order_change)::int AS changes`,
      )) as [{ orders: number; changes: number }];
      expect([orders, changes]).toEqual(isAborted ? [0, 0] : [4_000, 4_000]);
      aborted += isAborted ? 1 : 0;
      await book.dataSource.query('DELETE FROM orders; DELETE FROM order_change');
      expect(await importRows('OK,2026-01-01,paid,EUR,Eve,,S,Thing,1,1')).toMatchObject({ created: 1 });
      await book.dataSource.query('DELETE FROM orders; DELETE FROM order_change');
    }
    expect(aborted).toBeGreaterThan(5);
  });

  it('undoes everything when the caller refuses just before the commit', async () => {
    const refuse = imports.importOrders(clientId, csv(HEADER, 'A,2026-01-01,paid,EUR,Eve,,S,Thing,1,1'), {
      beforeCommit: () => Promise.reject(new Error('no longer wanted')),
    });
    await expect(refuse).rejects.toThrow('no longer wanted');
    expect(await book.count('orders')).toBe(0);
  });

  it('passes on what breaks in the source', async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.from(`${HEADER}\n`);
        throw new Error('disk on fire');
      })(),
    );
    await expect(imports.importOrders(clientId, broken)).rejects.toThrow('disk on fire');
  });

  it('names a file without order lines', async () => {
    expect((await importRows()).errors).toEqual([
      { row: 1, field: null, message: 'the file has no order lines', value: null },
    ]);
  });
});
