import { OrderFilter } from './order-period';
import { fillSeries, OrderSeriesPoint, SeriesUnit, seriesUnit } from './order-series';

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

export interface SummaryRow {
  /** `null` in a row of the series. */
  status: string | null;
  /** `null` in a row of the totals. */
  periodStart: string | null;
  currency: string;
  orders: number;
  lines: number;
  total: string;
}

/**
 * A query of `SummaryRow`s over orders, with the parameters of `filterParameters`, the unit of the series as `$6` and all
 * statuses in their order as `$7`.
 *
 * @param orders what follows `FROM`
 */
export const summaryOf = (orders: string): string => `
  SELECT status, currency, to_char(period, 'YYYY-MM-DD') AS "periodStart", count(*)::int AS orders,
    sum(line_count)::float8 AS lines, sum(total)::text AS total
  FROM (
    SELECT status, currency, line_count, total, date_trunc($6, ordered_at AT TIME ZONE $4) AS period FROM ${orders}
  ) AS chosen
  GROUP BY GROUPING SETS ((currency, status), (currency, period))
  ORDER BY currency, array_position($7::text[], status), period`;

export const unitOf = ({ startDate, endDate }: OrderFilter): SeriesUnit => seriesUnit(startDate, endDate);

export function toSummary(rows: SummaryRow[], filter: OrderFilter): OrderSummary {
  const unit = unitOf(filter);
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
