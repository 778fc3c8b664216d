import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { filterParameters, IN_FILTER, OrderFilter } from './order-period';
import { fillSeries, OrderSeriesPoint, SeriesUnit, seriesUnit } from './order-series';
import { ORDER_STATUSES } from './order-status';
import { inTransaction, withConnection } from './transaction';

/** Amounts are exact decimal strings with four decimals; quantities have as many as they need. */
export interface ReportedLine {
  sku: string;
  description: string;
  quantity: string;
  unitPrice: string;
  total: string;
}

export interface ReportedOrder {
  id: string;
  number: string;
  orderedAt: Date;
  customerName: string;
  status: string;
  /** ISO 4217. */
  currency: string;
  total: string;
  /** In the order of their positions; empty unless asked for. */
  lines: ReportedLine[];
}

export interface OrderTotal {
  status: string;
  currency: string;
  orders: number;
  total: string;
}

export interface OrderSummary {
  orders: number;
  lines: number;
  /** Sorted by currency, then by the order of an order's life. */
  totals: OrderTotal[];
  series: OrderSeriesPoint[];
  seriesUnit: SeriesUnit;
}

/** A client's orders of a period at one moment: the summary and the orders agree, whatever is written meanwhile. */
export interface OrderSnapshot {
  summary: OrderSummary;
  /** By `orderedAt`, then `number`; read from the database only as fast as it is consumed, in flat memory. */
  orders(options: { includeLines: boolean }): AsyncIterable<ReportedOrder[]>;
}

/** Orders that need no cursor. */
const AT_ONCE = 1_000;
/** Orders of a batch: each is a pause in which the process does nothing else, and memory that lives for long. */
const BATCH_SIZE = 250;
/** At most so many lines are in memory together, but for a single order with more. */
const LINES_PER_BATCH = 20_000;

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
    return this.withSnapshot(clientId, filter, signal, (snapshot) => Promise.resolve(snapshot.summary));
  }

  /**
   * Calls `read` with a snapshot that is valid until it returns. Holds a database connection that long.
   *
   * @throws the signal's reason when it is aborted
   */
  async withSnapshot<T>(
    clientId: string,
    filter: OrderFilter,
    signal: AbortSignal | undefined,
    read: (snapshot: OrderSnapshot) => Promise<T>,
  ): Promise<T> {
    return withConnection(this.dataSource, signal, (runner) =>
      inTransaction(runner, 'REPEATABLE READ, READ ONLY', async (manager) => {
        const found = await summary(manager, clientId, filter);
        return read({
          summary: found,
          orders: async function* ({ includeLines }) {
            for await (const rows of orderRows(manager, clientId, filter, found.orders, signal)) {
              if (!includeLines) yield rows.map((row) => toOrder(row, []));
              else for (const part of partsByLines(rows)) yield await withLines(manager, part);
            }
          },
        });
      }),
    );
  }
}

async function summary(manager: EntityManager, clientId: string, filter: OrderFilter): Promise<OrderSummary> {
  const unit = seriesUnit(filter.startDate, filter.endDate);
  const rows = await manager.query<SummaryRow[]>(
    `SELECT status, currency, to_char(period, 'YYYY-MM-DD') AS "periodStart", count(*)::int AS orders,
       sum(line_count)::float8 AS lines, sum(total)::text AS total
     FROM (
       SELECT status, currency, line_count, total, date_trunc($6, ordered_at AT TIME ZONE $4) AS period
       FROM orders WHERE ${IN_FILTER}
     ) AS chosen
     GROUP BY GROUPING SETS ((currency, status), (currency, period))
     ORDER BY currency, array_position($7::text[], status), period`,
    [...filterParameters(clientId, filter), unit, ORDER_STATUSES],
  );
  const totals = rows.filter((row): row is SummaryRow & { status: string } => row.status !== null);
  const points = rows.filter((row): row is SummaryRow & { periodStart: string } => row.periodStart !== null);
  return {
    orders: totals.reduce((sum, row) => sum + row.orders, 0),
    lines: totals.reduce((sum, row) => sum + row.lines, 0),
    totals: totals.map(({ status, currency, orders, total }) => ({ status, currency, orders, total })),
    series: fillSeries(
      points.map(({ periodStart, currency, total, orders }) => ({ periodStart, currency, total, orders })),
      filter.startDate,
      filter.endDate,
      unit,
    ),
    seriesUnit: unit,
  };
}

interface SummaryRow {
  /** `null` in a row of the series. */
  status: string | null;
  /** `null` in a row of the totals. */
  periodStart: string | null;
  currency: string;
  orders: number;
  lines: number;
  total: string;
}

async function* orderRows(
  manager: EntityManager,
  clientId: string,
  filter: OrderFilter,
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<OrderRow[]> {
  const parameters = filterParameters(clientId, filter);
  if (count <= AT_ONCE) {
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

type OrderRow = Omit<ReportedOrder, 'lines'> & { line_count: number };

function toOrder(row: OrderRow, lines: ReportedLine[]): ReportedOrder {
  const { id, number, orderedAt, customerName, status, currency, total } = row;
  return { id, number, orderedAt, customerName, status, currency, total, lines };
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
