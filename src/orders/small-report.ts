import type { EntityManager } from 'typeorm';
import { prepared } from '../database/prepared';
import { filterParameters, IN_FILTER, OrderFilter } from './order-filter';
import { REPORTED_VALUES, type ReportedOrder, toOrder } from './reported-order';
import { ORDER_STATUSES } from './order-status';
import { OrderSummary, SummaryRow, summaryOf, toSummary, unitOf } from './order-summary';

/**
 * A report of up to so many rows is small: its orders are read at once, and it has priority before larger ones. Such a report is one
 * part of a print or just more (`LayoutLimits`); parts of large ones are as long, so a small one waits for no more than
 * about its own time.
 */
export const SMALL_REPORT_ROWS = 1_000;

interface SmallReport {
  summary: OrderSummary;
  orders: ReportedOrder[];
}

const VALUES = REPORTED_VALUES.map((value) => `(${value})::text`).join(', ');

/** One statement sees one snapshot. Its plan is always the index in the order of a report. */
const READ_SMALL_REPORT = prepared(
  'small_report',
  `
  WITH first_orders AS MATERIALIZED (
    SELECT * FROM orders WHERE ${IN_FILTER} ORDER BY ordered_at, number LIMIT ${SMALL_REPORT_ROWS + 1}
  ), summary AS (${summaryOf('first_orders')})
  SELECT (SELECT json_agg(summary) FROM summary) AS summary,
    (SELECT json_agg(json_build_array(${VALUES})) FROM first_orders) AS orders`,
);

/** The orders of a filter with their summary, at one moment; `null` when there are more than a small report has. */
export async function smallReport(
  manager: EntityManager,
  clientId: string,
  filter: OrderFilter,
): Promise<SmallReport | null> {
  const [found] = await manager.query<{ summary: SummaryRow[] | null; orders: string[][] | null }[]>(
    READ_SMALL_REPORT,
    [...filterParameters(clientId, filter), unitOf(filter), ORDER_STATUSES],
  );
  const orders = found?.orders ?? [];
  if (orders.length > SMALL_REPORT_ROWS) return null;
  return {
    summary: toSummary(found?.summary ?? [], filter),
    orders: orders.map((values) => toOrder(values, [])),
  };
}
