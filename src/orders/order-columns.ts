import type { ReportedOrder } from './reported-order';

/** Columns that are money, of the order's currency, and can be added up. */
export const AMOUNT_COLUMNS = [
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'adjustment_total',
  'total',
  'refunded_total',
  'net_total',
] as const;

export type AmountColumn = (typeof AMOUNT_COLUMNS)[number];

export const isAmountColumn = (column: string): column is AmountColumn =>
  (AMOUNT_COLUMNS as readonly string[]).includes(column);

/** Columns of orders in a report, in the order in which they stand unless others are chosen. */
export const ORDER_COLUMNS = [
  'ordered_at',
  'number',
  'customer_name',
  'customer_reference',
  'status',
  'currency',
  'line_count',
  ...AMOUNT_COLUMNS,
  'tax_included',
] as const;

export type OrderColumn = (typeof ORDER_COLUMNS)[number];

const FIELDS = {
  subtotal: 'subtotal',
  discount_total: 'discountTotal',
  shipping_total: 'shippingTotal',
  tax_total: 'taxTotal',
  adjustment_total: 'adjustmentTotal',
  total: 'total',
  refunded_total: 'refundedTotal',
  net_total: 'netTotal',
} as const satisfies Record<AmountColumn, keyof ReportedOrder>;

/** An exact decimal with the digits of the order's currency. */
export const amountOf = (order: ReportedOrder, column: AmountColumn): string => order[FIELDS[column]];

/** What some orders of one currency come to, column by column. */
export interface ColumnTotals {
  currency: string;
  orders: number;
  /** Plain sums, with the digits of the currency: that of `total` is what elsewhere is called gross, that of `net_total` net. */
  amounts: Record<AmountColumn, string>;
}

/** @param sums of the `AMOUNT_COLUMNS`, in their order */
export const columnAmounts = (sums: readonly string[]): Record<AmountColumn, string> =>
  Object.fromEntries(AMOUNT_COLUMNS.map((column, index) => [column, sums[index]])) as Record<
    AmountColumn,
    string
  >;
