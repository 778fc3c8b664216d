import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { OnConflict } from '../../src/orders/import/import-settings';
import { OrderImportService } from '../../src/orders/import/order-import.service';
import { inTransaction } from '../../src/orders/transaction';
import { TransactionPooler } from '../support/transaction-pooler';
import { createTestDatabase, TestDatabase } from '../support/test-database';

const HEADER = 'order_number,ordered_at,status,currency,customer_name,sku,description,quantity,unit_price\n';
/** More than goes into the database at once. */
const ORDERS = 6_000;

/** A file of orders of one customer, which comes as slowly as others get their turn. */
const fileOf = (customer: string): Readable =>
  Readable.from(
    (function* () {
      yield Buffer.from(HEADER);
      for (let order = 0; order < ORDERS; order += 1)
        yield Buffer.from(`N-${order},2026-01-01,paid,EUR,${customer},S,Thing,1,1\n`);
    })(),
  );

describe('behind a pooler of transactions', () => {
  let database: TestDatabase;
  let pooler: TransactionPooler;
  /** Of two processes. */
  let dataSources: DataSource[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const through = await TransactionPooler.before(database.url);
    ({ pooler } = through);
    dataSources = [1, 2].map(() => new DataSource(dataSourceOptions(through.url, 3)));
    for (const dataSource of dataSources) await dataSource.initialize();
  });
  afterAll(async () => {
    for (const dataSource of dataSources) await dataSource.destroy();
    await pooler.close();
    await database.drop();
  });

  it.each([OnConflict.Error, OnConflict.Update])(
    'imports of several clients at the same time (%s) put the orders of each into its own book',
    async (onConflict) => {
      const customers = ['Ann', 'Bob', 'Cid', 'Dee'].map((name) => `${name} ${onConflict}`);
      const imported = customers.map(async (customer, index) => {
        const dataSource = dataSources[index % dataSources.length]!;
        const [client] = await dataSource.query<{ id: string }[]>(
          'INSERT INTO client (name) VALUES ($1) RETURNING id',
          [customer],
        );
        const imports = new OrderImportService(dataSource);
        const report = await imports.importOrders(client!.id, fileOf(customer), { settings: { onConflict } });
        return { failure: report.failure, created: report.created };
      });
      expect(await Promise.all(imported)).toEqual(customers.map(() => ({ failure: null, created: ORDERS })));
      const books = await dataSources[0]!.query<object[]>(
        `SELECT c.name AS book, o.customer_name AS customer, count(*)::int AS orders
         FROM orders o JOIN client c ON c.id = o.client_id WHERE c.name = ANY($1) GROUP BY 1, 2 ORDER BY 1`,
        [customers],
      );
      expect(books).toEqual(customers.map((name) => ({ book: name, customer: name, orders: ORDERS })));
    },
  );

  it('a cancellation stops its own statement, whichever session it has, and no other', async () => {
    // Fewer sessions than callers: one that is free is somebody else's at once.
    const through = await TransactionPooler.before(database.url, 4);
    const [ours, theirs] = [3, 6].map((most) => new DataSource(dataSourceOptions(through.url, most)));
    for (const dataSource of [ours!, theirs!]) await dataSource.initialize();
    const isOver = new AbortController();
    const others = Promise.all(
      Array.from({ length: 6 }, async () => {
        while (!isOver.signal.aborted) await theirs!.query('SELECT pg_sleep(0.02)');
      }),
    );
    // Whoever is hit ends the story at once.
    const beside = (work: Promise<unknown>): Promise<unknown> => Promise.race([work, others]);
    try {
      for (let round = 0; round < 8; round += 1) {
        const cancelled = new AbortController();
        const work = inTransaction(ours!, 'READ COMMITTED', cancelled.signal, async ({ manager }) => {
          setTimeout(() => cancelled.abort(new Error('cancelled')), 50);
          // It ends by itself where the cancellation does not reach it.
          await manager.query('SELECT pg_sleep(30)');
        });
        await beside(expect(work).rejects.toThrow('cancelled'));
      }
      for (let round = 0; round < 40; round += 1) {
        const late = new AbortController();
        const work = inTransaction(ours!, 'READ COMMITTED', late.signal, async ({ manager }) => {
          await manager.query('SELECT 1');
          late.abort(new Error('too late'));
        });
        await beside(work);
      }
    } finally {
      isOver.abort();
      await others.catch(() => undefined);
      for (const dataSource of [ours!, theirs!]) await dataSource.destroy();
      await through.pooler.close();
    }
    await others;
  });
});
