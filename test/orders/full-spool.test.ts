import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { ANY_ORDER } from '../../src/orders/order-filter';
import { OrderImportService } from '../../src/orders/import/order-import.service';
import { csv, OrderBook, reportOf } from './order-book';

const FILTER = { ...ANY_ORDER, startDate: '2026-01-01', endDate: '2027-01-01', timeZone: 'UTC' };
/** Of the worker: the store may have room. */
const NO_ROOM = { name: 'OutageError', code: 'store_full' };
const ROOM = 1024 * 1024;
/** More than all buffers between Postgres and the disk hold. */
const ORDERS = 60_000;

type Write = (this: unknown, chunk: Buffer) => Promise<void>;

/** The files that this process writes by their handles have room for so many bytes, in all. */
async function fillDisk(room: number): Promise<() => void> {
  const folder = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
  const handle = await open(join(folder, 'file'), 'w');
  const kind = Object.getPrototypeOf(handle) as { writeFile: Write };
  await handle.close();
  await rm(folder, { recursive: true });
  const { writeFile } = kind;
  let written = 0;
  const spy = jest.spyOn(kind, 'writeFile').mockImplementation(async function (this: unknown, chunk: Buffer) {
    written += chunk.length;
    if (written > room) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    await writeFile.call(this, chunk);
  });
  return () => spy.mockRestore();
}

describe('on a worker whose disk is full', () => {
  let book: OrderBook;
  let clientId: string;
  /** As few connections as a report needs. */
  let dataSource: DataSource;
  let makeRoom: () => void;

  beforeAll(async () => {
    book = await OrderBook.open(2);
    ({ dataSource } = book);
    clientId = await book.newClient('Merchant');
    await dataSource.query(
      `INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, line_count, subtotal,
         discount_total, shipping_total, tax_total, tax_included, adjustment_total, refunded_total)
       SELECT $1, 'N-' || n, '2026-01-01'::timestamptz + n * interval '1 second', 'paid', 'EUR',
         md5(n::text) || md5(n::text || 'a') || md5(n::text || 'b') || md5(n::text || 'c'), 1, 1.00, 0.00, 0.00, 0.00, false, 0.00, 0.00
       FROM generate_series(1, ${ORDERS}) AS n`,
      [clientId],
    );
  });
  beforeEach(async () => {
    makeRoom = await fillDisk(ROOM);
  });
  afterEach(() => makeRoom());
  afterAll(() => book.close());

  const read = (): Promise<number> =>
    book.queries.withSnapshot(clientId, reportOf(FILTER), {}, async (snapshot) => {
      let orders = 0;
      for await (const batch of snapshot.orders()) orders += batch.length;
      return orders;
    });

  it('a report ends with an outage of its own, each time, and its connections are others from then on', async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) await expect(read()).rejects.toMatchObject(NO_ROOM);
    makeRoom();
    expect(await read()).toBe(ORDERS);
  });

  it('an import ends with an outage of its own, before it asks the database anything', async () => {
    const header =
      'order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price';
    const file = Array.from(
      { length: ORDERS },
      (_, n) => `M-${n},2026-02-01,paid,EUR,Eve ${Math.random()},S,Thing,1,${n}.50`,
    );
    const imports = new OrderImportService({} as DataSource);
    await expect(imports.importOrders(clientId, csv(header, ...file))).rejects.toMatchObject(NO_ROOM);
  });
});
