import { setTimeout as sleep } from 'node:timers/promises';
import { OnConflict } from '../../src/orders/import/import-settings';
import { ImportOptions, OrderImportService } from '../../src/orders/import/order-import.service';
import { OrderStatus } from '../../src/orders/order-status';
import { waitFor } from '../support/services';
import { csv, OrderBook } from './order-book';

const HEADER =
  'number,ordered_at,status,currency,customer_name,customer_reference,sku,description,quantity,unit_price';
const LINE = 'S,Thing,1,1.00';
const row = (number: string, status = 'paid', line = LINE): string =>
  `${number},2026-01-01,${status},EUR,Eve,C-1,${line}`;

describe('importing orders that are there already', () => {
  let book: OrderBook;
  let imports: OrderImportService;
  let clientId: string;

  beforeAll(async () => {
    book = await OrderBook.open();
    imports = new OrderImportService(book.dataSource);
  });
  beforeEach(async () => {
    await book.dataSource.query('DELETE FROM client; DELETE FROM order_change');
    clientId = await book.newClient('Merchant');
  });
  afterAll(() => book.close());

  const importRows = (
    onConflict: OnConflict,
    rows: readonly string[],
    { settings, ...options }: ImportOptions = {},
  ) =>
    imports.importOrders(clientId, csv(HEADER, ...rows), {
      settings: { ...settings, onConflict },
      ...options,
    });
  const importFile = (file: string, settings: ImportOptions['settings'] = {}) =>
    imports.importOrders(clientId, csv(file), { settings: { onConflict: OnConflict.Update, ...settings } });
  const currencies = async (): Promise<string[]> =>
    (
      await book.dataSource.query<{ text: string }[]>(
        `SELECT concat_ws(' ', number, currency, total) AS text FROM orders WHERE client_id = $1 ORDER BY number`,
        [clientId],
      )
    ).map(({ text }) => text);
  const orders = () =>
    book.dataSource.query<Record<string, unknown>[]>(
      `SELECT number, status, version, total::text, refunded_total::text AS refunded, shipping_total::text AS shipping,
         customer_reference AS reference,
         ARRAY(SELECT concat_ws(' ', sku, trim_scale(quantity), total) FROM order_line WHERE order_id = orders.id
           ORDER BY position) AS lines
       FROM orders WHERE client_id = $1 ORDER BY number`,
      [clientId],
    );
  const changes = () =>
    book.dataSource.query<Record<string, unknown>[]>(
      `SELECT number, change, version, job_id FROM order_change WHERE client_id = $1 ORDER BY position`,
      [clientId],
    );
  /** Does it while another connection holds what `hold` has written, which is committed after. */
  async function meanwhile<T>(hold: string, parameters: unknown[], work: () => Promise<T>): Promise<T> {
    const other = book.dataSource.createQueryRunner();
    await other.startTransaction();
    try {
      await other.query(hold, parameters);
      const working = work();
      await waitFor(
        async () =>
          (
            await book.dataSource.query<unknown[]>(
              `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
            )
          ).length > 0,
        { what: 'the import to wait for the other writer' },
      );
      await other.commitTransaction();
      return await working;
    } finally {
      if (other.isTransactionActive) await other.rollbackTransaction();
      await other.release();
    }
  }

  it('is an error of their rows by default, and nothing is imported', async () => {
    await importRows(OnConflict.Error, [row('A')]);
    const report = await importRows(OnConflict.Error, [row('B'), row('A')]);
    expect(report).toMatchObject({
      failure: 'invalid_csv',
      created: 0,
      orders: 0,
      errors: [{ row: 3, field: 'order_number', message: 'order A exists already', value: 'A' }],
    });
    expect((await orders()).map(({ number }) => number)).toEqual(['A']);
  });

  it('leaves them as they are with skip, identical or not, and imports the others', async () => {
    await importRows(OnConflict.Skip, [row('A'), row('B')]);
    const before = await orders();
    const report = await importRows(OnConflict.Skip, [row('A', 'cancelled'), row('B'), row('C')]);
    expect(report).toMatchObject({
      failure: null,
      created: 1,
      updated: 0,
      unchanged: 0,
      skipped: 2,
      orders: 3,
    });
    expect((await orders()).slice(0, 2)).toEqual(before);
    expect(await changes()).toMatchObject(
      ['A', 'B', 'C'].map((number) => ({ number, change: 'created', version: 1 })),
    );
  });

  it('writes with update what has changed, with a version and an entry of the changes, and nothing else', async () => {
    const jobId = '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11';
    await importRows(OnConflict.Update, [row('A'), row('B'), row('C'), row('C', 'paid', 'T,Other,2,3.00')]);
    const ids = await book.dataSource.query<unknown[]>('SELECT number, id FROM orders ORDER BY number');
    const file = [row('A'), row('B', 'shipped'), row('C', 'paid', 'T,Other,2,2.50'), row('D')];
    const report = await importRows(OnConflict.Update, file, { jobId });
    expect(report).toMatchObject({
      failure: null,
      created: 1,
      updated: 2,
      unchanged: 1,
      skipped: 0,
      orders: 4,
      lines: 4,
    });
    const known = { refunded: '0.00', shipping: '0.00', reference: 'C-1' };
    expect(await orders()).toEqual([
      { ...known, number: 'A', status: 'paid', version: 1, total: '1.00', lines: ['S 1 1.00'] },
      { ...known, number: 'B', status: 'shipped', version: 2, total: '1.00', lines: ['S 1 1.00'] },
      { ...known, number: 'C', status: 'paid', version: 2, total: '5.00', lines: ['T 2 5.00'] },
      { ...known, number: 'D', status: 'paid', version: 1, total: '1.00', lines: ['S 1 1.00'] },
    ]);
    expect(await book.dataSource.query('SELECT number, id FROM orders ORDER BY number LIMIT 3')).toEqual(ids);
    expect((await changes()).slice(3)).toEqual(
      expect.arrayContaining([
        { number: 'B', change: 'updated', version: 2, job_id: jobId },
        { number: 'C', change: 'updated', version: 2, job_id: jobId },
        { number: 'D', change: 'created', version: 1, job_id: jobId },
      ]),
    );
    expect(await changes()).toHaveLength(6);
    expect(await importRows(OnConflict.Update, file)).toMatchObject({ created: 0, updated: 0, unchanged: 4 });
    expect(await changes()).toHaveLength(6);
  });

  it('sets with update only what the file has columns for', async () => {
    await importFile(
      'number,ordered_at,status,currency,customer_name,customer_reference,shipping_total,refunded_total,sku,description,quantity,unit_price\n' +
        'A,2026-01-01,shipped,EUR,Eve,C-1,4.90,1.00,S,Thing,1,1.00\n',
    );
    const file =
      'number,ordered_at,customer_name,currency,sku,description,quantity,unit_price\nA,2026-01-01,Eve,EUR,S,Thing,2,1.00\n';
    expect(await importFile(file)).toMatchObject({ updated: 1, ignoredColumns: [] });
    expect(await orders()).toEqual([
      {
        number: 'A',
        status: 'shipped',
        version: 2,
        total: '6.90',
        refunded: '1.00',
        shipping: '4.90',
        reference: 'C-1',
        lines: ['S 2 2.00'],
      },
    ]);
    const blank = file
      .replace('sku', 'customer_reference,shipping_total,sku')
      .replace('S,Thing', ',,S,Thing');
    expect(await importFile(blank)).toMatchObject({ updated: 1 });
    expect(await orders()).toMatchObject([
      { shipping: '0.00', reference: null, refunded: '1.00', total: '2.00' },
    ]);
  });

  it('refuses with update to read amounts of another currency where the file has none', async () => {
    await importRows(OnConflict.Update, [row('A')]);
    const file =
      'number,ordered_at,customer_name,sku,description,quantity,unit_price\nA,2026-01-01,Eve,S,Thing,1,1\n';
    expect(await importFile(file)).toMatchObject({
      failure: 'invalid_csv',
      errors: [
        {
          row: 2,
          field: 'currency',
          message: 'order A is in EUR, and the file, which has no currency, was read as USD',
        },
      ],
    });
    expect(await importFile(file, { currency: 'EUR' })).toMatchObject({ unchanged: 1 });
  });

  it('checks with update the order as it would be', async () => {
    await importFile(
      `${HEADER},refunded_total\n${row('A', 'paid', 'S,Thing,1,10.00')},8.00\n${row('B')},0.00\n`,
    );
    expect(
      await importRows(OnConflict.Update, [row('B', 'shipped'), row('A', 'paid', 'S,Thing,1,5.00')]),
    ).toMatchObject({
      errors: [
        {
          row: 3,
          field: 'refunded_total',
          message: 'order A has more refunded than its total of 5.00',
          value: '8.00',
        },
      ],
    });
    expect(await orders()).toMatchObject([{ version: 1 }, { version: 1, status: 'paid' }]);
    expect(
      await importRows(OnConflict.Update, [row('A', OrderStatus.Refunded, 'S,Thing,1,5.00')]),
    ).toMatchObject({
      updated: 1,
    });
    expect(await orders()).toMatchObject([{ number: 'A', refunded: '5.00' }, { number: 'B' }]);
  });

  it.each([OnConflict.Error, OnConflict.Skip, OnConflict.Update])(
    'says with a dry run and %s what would happen, and writes nothing',
    async (onConflict) => {
      await importRows(OnConflict.Update, [row('A'), row('B')]);
      const [before, noted] = [await orders(), await changes()];
      const file = [row('A'), row('B', 'shipped'), row('C')];
      const dry = await importRows(onConflict, file, { settings: { dryRun: true } });
      expect([await orders(), await changes()]).toEqual([before, noted]);
      expect(await importRows(onConflict, file)).toEqual(dry);
    },
  );

  describe('while somebody else writes one of them', () => {
    const write = `INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, customer_reference,
       line_count, subtotal, discount_total, shipping_total, tax_total, tax_included, adjustment_total, refunded_total)
       VALUES ($1, 'B', '2026-01-01', 'paid', 'EUR', 'Eve', 'C-1', 1, 1.00, 0.00, 0.00, 0.00, false, 0.00, 0.00)`;

    it('is an error, though the order was not there when the file was checked', async () => {
      const report = await meanwhile(write, [clientId], () =>
        importRows(OnConflict.Error, [row('A'), row('B'), row('C')]),
      );
      expect(report).toMatchObject({
        failure: 'invalid_csv',
        errors: [{ row: 3, message: 'order B exists already' }],
      });
      expect((await orders()).map(({ number }) => number)).toEqual(['B']);
      expect(await changes()).toEqual([]);
    });

    it('is skipped, and counted as skipped', async () => {
      const report = await meanwhile(write, [clientId], () =>
        importRows(OnConflict.Skip, [row('A'), row('B', 'shipped'), row('C')]),
      );
      expect(report).toMatchObject({ failure: null, created: 2, skipped: 1, orders: 3 });
      expect(await orders()).toMatchObject([
        { number: 'A', lines: ['S 1 1.00'] },
        { number: 'B', status: 'paid', lines: [] },
        { number: 'C' },
      ]);
    });

    it('is updated', async () => {
      const report = await meanwhile(write, [clientId], () =>
        importRows(OnConflict.Update, [row('A'), row('B', 'shipped'), row('C')]),
      );
      expect(report).toMatchObject({ failure: null, created: 2, updated: 1, orders: 3 });
      expect(await orders()).toMatchObject([
        { number: 'A', version: 1 },
        { number: 'B', status: 'shipped', version: 2, lines: ['S 1 1.00'] },
        { number: 'C', version: 1 },
      ]);
    });

    it('is compared with what the other has written, not with what was there before', async () => {
      await importRows(OnConflict.Update, [row('A'), row('B')]);
      const report = await meanwhile(
        `UPDATE orders SET status = 'shipped', version = 2 WHERE client_id = $1 AND number = 'B'`,
        [clientId],
        () => importRows(OnConflict.Update, [row('A'), row('B')]),
      );
      expect(report).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
      expect(await orders()).toMatchObject([{ version: 1 }, { status: 'paid', version: 3 }]);
    });

    it('is created anew when the other deletes it', async () => {
      await importRows(OnConflict.Update, [row('A'), row('B')]);
      const report = await meanwhile(
        `DELETE FROM orders WHERE client_id = $1 AND number = 'B'`,
        [clientId],
        () => importRows(OnConflict.Update, [row('A'), row('B')]),
      );
      expect(report).toMatchObject({ created: 1, updated: 0, unchanged: 1 });
    });
  });

  it('never deadlocks, and loses nothing, when imports update the same orders in other sequences', async () => {
    const numbers = Array.from({ length: 500 }, (_, i) => `N-${i}`);
    const file = (status: string, from: number): string[] => {
      const rotated = [...numbers.slice(from), ...numbers.slice(0, from)];
      return rotated.map((number) => row(number, status, `S,${status},1,1.00`));
    };
    const statuses = ['pending', 'paid', 'shipped', 'delivered'];
    const reports = await Promise.all(
      statuses.map(async (status, i) => {
        await sleep(i);
        return importRows(
          OnConflict.Update,
          i % 2 === 0 ? file(status, i * 100) : file(status, i * 100).reverse(),
        );
      }),
    );
    expect(reports.map(({ failure }) => failure)).toEqual([null, null, null, null]);
    expect(reports.reduce((sum, { created }) => sum + created, 0)).toBe(500);
    const mixed = await book.dataSource.query<unknown[]>(
      `SELECT DISTINCT o.status, l.description FROM orders o JOIN order_line l ON l.order_id = o.id`,
    );
    // The last one has written all, its lines with its orders.
    expect(mixed).toHaveLength(1);
    const [{ count }] = (await book.dataSource.query<[{ count: number }]>(
      'SELECT count(*)::int AS count FROM order_change',
    )) as [{ count: number }];
    expect(count).toBe(reports.reduce((sum, { created, updated }) => sum + created + updated, 0));
  });

  describe('of a currency', () => {
    const inEuros = `${HEADER}\nA,2026-01-01,paid,EUR,Eve,,S,Thing,1,5.00`;

    it('that a row does not say keep theirs', async () => {
      await importFile(inEuros);
      const blank = inEuros.replace('EUR', '');
      expect(await importFile(blank)).toMatchObject({ unchanged: 1, errors: [] });
      expect(await importFile(blank.replace('5.00', '7.00'))).toMatchObject({ updated: 1, errors: [] });
      expect(await currencies()).toEqual(['A EUR 7.00']);
    });

    it.each([
      ['€5.00', 'USD'],
      ['¥5', 'USD'],
      ['$5.00', 'EUR'],
      ['5.00 USD', 'EUR'],
    ])('that an amount names (%s) is that of the order (%s), or an error', async (price, currency) => {
      const file = inEuros.replace('EUR', currency).replace('5.00', price);
      expect(await importFile(file)).toMatchObject({
        errors: [{ row: 2, field: 'unit_price', value: price }],
      });
      const withoutColumn = file.replace(',currency,', ',').replace(`,${currency},`, ',');
      expect(await importFile(withoutColumn, { currency })).toMatchObject({
        errors: [{ row: 2, field: 'unit_price', value: price }],
      });
      expect(await currencies()).toEqual([]);
    });

    it('with three digits have no amounts that may be thousands', async () => {
      const file = (price: string, currency: string): string =>
        inEuros.replaceAll(',', ';').replace('EUR', currency).replace('5.00', price);
      expect(await importFile(file('1.234', 'KWD'))).toMatchObject({
        errors: [{ row: 2, field: 'unit_price', value: '1.234' }],
      });
      expect(await importFile(file('1.234', 'EUR'))).toMatchObject({ created: 1, errors: [] });
      const shown = `${file('1.234', 'KWD')}\nB;2026-01-01;paid;KWD;Eve;;S;Thing;1;0.500`;
      expect(await importFile(shown.replace('\nA;', '\nC;'))).toMatchObject({ created: 2, errors: [] });
      expect(await currencies()).toEqual(['A EUR 1234.00', 'B KWD 0.500', 'C KWD 1.234']);
    });
  });
});
