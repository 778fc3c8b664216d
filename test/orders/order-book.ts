import { Readable } from 'node:stream';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/connection';
import { CursorsService } from '../../src/database/cursors.service';
import { SharedKeysService } from '../../src/database/shared-keys.service';
import { OrderChangesService } from '../../src/orders/order-changes.service';
import { IN_REPORT_ORDER } from '../../src/orders/order-arrangement';
import type { OrderFilter } from '../../src/orders/order-filter';
import { OrderReportQueries, type ReportQuery } from '../../src/orders/order-report-queries';
import { createTestDatabase, TestDatabase } from '../support/test-database';

/** What a report asks for, of all that is not said in the usual way. */
export const reportOf = (filter: OrderFilter, more: Partial<ReportQuery> = {}): ReportQuery => ({
  ...IN_REPORT_ORDER,
  filter,
  includeItems: false,
  changedSince: null,
  ...more,
});

/** A database of the test file's own, connected, with clients to own orders. */
export class OrderBook {
  private constructor(
    readonly dataSource: DataSource,
    private readonly database: TestDatabase,
  ) {}

  static async open(connections = 10): Promise<OrderBook> {
    const database = await createTestDatabase();
    const dataSource = await new DataSource(dataSourceOptions(database.url, connections)).initialize();
    return new OrderBook(dataSource, database);
  }

  get queries(): OrderReportQueries {
    const cursors = new CursorsService(new SharedKeysService(this.dataSource));
    return new OrderReportQueries(this.dataSource, new OrderChangesService(this.dataSource, cursors));
  }

  async newClient(name: string): Promise<string> {
    const [client] = await this.dataSource.query<{ id: string }[]>(
      'INSERT INTO client (name) VALUES ($1) RETURNING id',
      [name],
    );
    return client!.id;
  }

  async count(table: 'orders' | 'order_line'): Promise<number> {
    const [row] = await this.dataSource.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM ${table}`,
    );
    return row!.count;
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    await this.database.drop();
  }
}

export const csv = (...rows: string[]): Readable => Readable.from([Buffer.from(rows.join('\n'))]);
