import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { smallReport, SMALL_REPORT_ROWS } from './small-report';
import { filterParameters, IN_FILTER, OrderFilter } from './order-period';
import { ORDER_STATUSES } from './order-status';
import { OrderSummary, SummaryRow, summaryOf, toSummary, unitOf } from './order-summary';
import { OrderRow, ReportedLine, ReportedOrder, toOrder } from './reported-order';
import { inTransaction, withConnection } from './transaction';

/** Which orders, and whether with their lines. */
export interface ReportFilter extends OrderFilter {
  includeItems: boolean;
}

/** A client's orders of a period at one moment: the summary and the orders agree, whatever is written meanwhile. */
export interface OrderSnapshot {
  summary: OrderSummary;
  /** By `orderedAt`, then `number`; read from the database only as fast as it is consumed, in flat memory. */
  orders(): AsyncIterable<ReportedOrder[]>;
}

/** Orders of a batch: each is a pause in which the process does nothing else, and memory that lives for long. */
const BATCH_SIZE = 250;
/** At most so many lines are in memory together, but for a single order with more. */
const LINES_PER_BATCH = 20_000;

const SUMMARIZE = summaryOf(`orders WHERE ${IN_FILTER}`);

const READ_ORDERS = `
  SELECT id, number, ordered_at AS "orderedAt", customer_name AS "customerName", status, currency, total, line_count
  FROM orders WHERE ${IN_FILTER} ORDER BY ordered_at, number`;
/** A cursor of SQL, not of the wire protocol: there each pause would count as part of one long statement. */
export const OPEN_REPORT = `DECLARE report NO SCROLL CURSOR FOR ${READ_ORDERS}`;

/** What a report and a summary read: sums in SQL, orders through a server-side cursor. */
@Injectable()
export class OrderReportQueries {
  constructor(private readonly dataSource: DataSource) {}

  async summarize(clientId: string, filter: OrderFilter, signal?: AbortSignal): Promise<OrderSummary> {
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', (manager) => summary(manager, clientId, filter)),
    );
  }

  /**
   * Calls `read` with a snapshot that is valid until it returns. Holds a database connection that long, unless the orders
   * are few and their lines are not wanted.
   *
   * @throws the signal's reason when it is aborted
   */
  async withSnapshot<T>(
    clientId: string,
    filter: ReportFilter,
    signal: AbortSignal | undefined,
    read: (snapshot: OrderSnapshot) => Promise<T>,
  ): Promise<T> {
    if (!filter.includeItems) {
      const small = await withConnection(this.dataSource, signal, ({ manager }) =>
        smallReport(manager, clientId, filter),
      );
      if (small !== null) return read({ summary: small.summary, orders: () => oneBatch(small.rows) });
    }
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', async (manager) => {
        const found = await summary(manager, clientId, filter);
        return read({
          summary: found,
          orders: async function* () {
            for await (const rows of orderRows(manager, clientId, filter, found.orders, signal)) {
              if (!filter.includeItems) yield rows.map((row) => toOrder(row, []));
              else for (const part of partsByLines(rows)) yield await withLines(manager, part);
            }
          },
        });
      }),
    );
  }
}

async function summary(manager: EntityManager, clientId: string, filter: OrderFilter): Promise<OrderSummary> {
  const rows = await manager.query<SummaryRow[]>(SUMMARIZE, [
    ...filterParameters(clientId, filter),
    unitOf(filter),
    ORDER_STATUSES,
  ]);
  return toSummary(rows, filter);
}

async function* oneBatch(rows: OrderRow[]): AsyncGenerator<ReportedOrder[]> {
  if (rows.length > 0) yield await Promise.resolve(rows.map((row) => toOrder(row, [])));
}

async function* orderRows(
  manager: EntityManager,
  clientId: string,
  filter: OrderFilter,
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<OrderRow[]> {
  const parameters = filterParameters(clientId, filter);
  if (count <= SMALL_REPORT_ROWS) {
    if (count > 0) yield await manager.query<OrderRow[]>(READ_ORDERS, parameters);
    return;
  }
  await manager.query(OPEN_REPORT, parameters);
  for (let left = count; left > 0; left -= BATCH_SIZE) {
    signal?.throwIfAborted();
    const rows = await manager.query<OrderRow[]>(`FETCH ${BATCH_SIZE} FROM report`);
    yield rows;
    // The driver's promises of answers keep one another, and all rows with them, until the collector's next full round.
    rows.length = 0;
  }
  await manager.query('CLOSE report');
}

function* partsByLines(rows: OrderRow[]): Generator<OrderRow[]> {
  let part: OrderRow[] = [];
  let lines = 0;
  for (const row of rows) {
    if (part.length > 0 && lines + row.line_count > LINES_PER_BATCH) {
      yield part;
      part = [];
      lines = 0;
    }
    part.push(row);
    lines += row.line_count;
  }
  yield part;
}

async function withLines(manager: EntityManager, orders: OrderRow[]): Promise<ReportedOrder[]> {
  const rows = await manager.query<(ReportedLine & { order_id: string })[]>(
    `SELECT order_id, sku, description, trim_scale(quantity)::text AS quantity, unit_price AS "unitPrice", total
     FROM order_line WHERE order_id = ANY($1) ORDER BY order_id, position`,
    [orders.map((order) => order.id)],
  );
  const lines = new Map<string, ReportedLine[]>(orders.map((order) => [order.id, []]));
  for (const { order_id, ...line } of rows) lines.get(order_id)?.push(line);
  return orders.map((order) => toOrder(order, lines.get(order.id) ?? []));
}
