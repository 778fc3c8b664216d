import { sumDecimals } from '../common/decimal';
import { AMOUNT_COLUMNS, columnAmounts, type ColumnTotals } from './order-columns';
import type { OrderFilter } from './order-filter';
import { fillSeries, OrderSeriesPoint, SeriesUnit, seriesUnit } from './order-series';
import type { SalesFigures } from './sales-figures';

/** All orders of one currency. */
export interface CurrencyTotal extends SalesFigures {
  currency: string;
}

/** The orders of one status in one currency. Refunds of cancelled orders are not deducted besides: these are as a whole. */
export interface StatusTotal extends CurrencyTotal {
  status: string;
}

export interface OrderSummary {
  orders: number;
  lines: number;
  /** Discounts, shipping, taxes, adjustments and refunds that are not 0: where lines are printed, each has a row. */
  extras: number;
  /** Of a delta: orders that are gone, or no longer among those that were asked for. */
  removed: number;
  /** Sorted by currency. */
  totals: CurrencyTotal[];
  /** Sorted by currency. */
  columnTotals: ColumnTotals[];
  /** Sorted by currency, then by the order of an order's life. */
  byStatus: StatusTotal[];
  series: OrderSeriesPoint[];
  seriesUnit: SeriesUnit;
}

export interface SummaryRow extends SalesFigures {
  /** `null` in a row of the series. */
  status: string | null;
  /** `null` in a row of the totals. */
  periodStart: string | null;
  currency: string;
  lines: number;
  extras: number;
  /** Of the `AMOUNT_COLUMNS`. */
  amounts: string[];
}

/** SQL on `orders`: how many of an order's amounts have a row of their own where lines are printed. */
export const EXTRAS = ['discount_total', 'shipping_total', 'tax_total', 'adjustment_total', 'refunded_total']
  .map((amount) => `(${amount} <> 0)::int`)
  .join(' + ');

/**
 * A query of `SummaryRow`s over orders, with the parameters of `filterParameters`, the unit of the series as `$10` and all
 * statuses in their order as `$11`. Each order is added up once, into its status and period; these few are added up twice.
 * What comes to nothing has the digits of its currency, too.
 *
 * @param orders what follows `FROM`
 */
export const summaryOf = (orders: string): string => `
  SELECT status, currency, to_char(period, 'YYYY-MM-DD') AS "periodStart", sum(orders)::int AS orders,
    sum(lines)::float8 AS lines, sum(extras)::float8 AS extras, sum(total)::text AS gross,
    sum(cancelled)::text AS cancelled, sum(refunded)::text AS refunded, sum(net_total)::text AS net,
    ARRAY[${AMOUNT_COLUMNS.map((amount) => `sum(${amount})::text`).join(', ')}] AS amounts
  FROM (
    SELECT status, currency, period, count(*) AS orders, sum(line_count) AS lines, sum(extras) AS extras,
      ${AMOUNT_COLUMNS.map((amount) => `sum(${amount}) AS ${amount}`).join(', ')},
      CASE WHEN status = 'cancelled' THEN sum(total) ELSE 0 * sum(total) END AS cancelled,
      CASE WHEN status = 'cancelled' THEN 0 * sum(refunded_total) ELSE sum(refunded_total) END AS refunded
    FROM (
      SELECT status, currency, line_count, ${AMOUNT_COLUMNS.join(', ')}, ${EXTRAS} AS extras,
        date_trunc($10, ordered_at AT TIME ZONE $4) AS period
      FROM ${orders}
    ) AS chosen
    GROUP BY currency, status, period
  ) AS summed
  GROUP BY GROUPING SETS ((currency, status), (currency, period))
  ORDER BY currency, array_position($11::text[], status), period`;

export const unitOf = ({ startDate, endDate }: OrderFilter): SeriesUnit => seriesUnit(startDate, endDate);

export function toSummary(rows: SummaryRow[], filter: OrderFilter): OrderSummary {
  const unit = unitOf(filter);
  const statuses = rows.filter((row): row is SummaryRow & { status: string } => row.status !== null);
  const points = rows.filter((row): row is SummaryRow & { periodStart: string } => row.periodStart !== null);
  const currencies = [...new Set(statuses.map(({ currency }) => currency))];
  return {
    orders: count(statuses, 'orders'),
    lines: count(statuses, 'lines'),
    extras: count(statuses, 'extras'),
    removed: 0,
    totals: currencies.map((currency) => ({
      currency,
      ...added(statuses.filter((row) => row.currency === currency)),
    })),
    columnTotals: currencies.map((currency) =>
      addedColumns(
        currency,
        statuses.filter((row) => row.currency === currency),
      ),
    ),
    byStatus: statuses.map((row) => ({ status: row.status, currency: row.currency, ...figuresOf(row) })),
    series: fillSeries(
      points.map((row) => ({
        periodStart: row.periodStart,
        currency: row.currency,
        ...figuresOf(row),
      })),
      filter.startDate,
      filter.endDate,
      unit,
    ),
    seriesUnit: unit,
  };
}

const figuresOf = ({ orders, gross, cancelled, refunded, net }: SalesFigures): SalesFigures => ({
  orders,
  gross,
  cancelled,
  refunded,
  net,
});

const count = (rows: SummaryRow[], of: 'orders' | 'lines' | 'extras'): number =>
  rows.reduce((sum, row) => sum + row[of], 0);

const added = (rows: SummaryRow[]): SalesFigures => ({
  orders: count(rows, 'orders'),
  gross: sumDecimals(rows.map(({ gross }) => gross)),
  cancelled: sumDecimals(rows.map(({ cancelled }) => cancelled)),
  refunded: sumDecimals(rows.map(({ refunded }) => refunded)),
  net: sumDecimals(rows.map(({ net }) => net)),
});

const addedColumns = (currency: string, rows: SummaryRow[]): ColumnTotals => ({
  currency,
  orders: count(rows, 'orders'),
  amounts: columnAmounts(
    AMOUNT_COLUMNS.map((_, index) => sumDecimals(rows.map(({ amounts }) => amounts[index] ?? '0'))),
  ),
});
