import type { OrderStatus } from '../order-status';

/** Amounts of a whole order, as a file may state them. */
export const ORDER_AMOUNTS = [
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'adjustment_total',
  'total',
  'refunded_total',
] as const;

export type OrderAmount = (typeof ORDER_AMOUNTS)[number];

/** What one row says of its order. `null` says nothing. */
export interface ImportedHead {
  orderNumber: string;
  /** ISO 8601, in UTC. */
  orderedAt: string | null;
  status: OrderStatus | null;
  currency: string | null;
  customerName: string | null;
  /** Empty: there is none. */
  customerReference: string | null;
  taxIncluded: boolean | null;
  /** Exact decimals. */
  amounts: Partial<Record<OrderAmount, string>>;
}

/** A line of an order. Amounts are exact decimals; what is `null` is computed when the lines of an order are known. */
export interface ImportedLine {
  /** `null`: the line's position. */
  sku: string | null;
  description: string;
  quantity: string;
  unitPrice: string | null;
  /** Before `discount`. */
  total: string | null;
  discount: string | null;
}

/** A row of the file that is valid by itself. */
export interface ImportedRow extends ImportedHead {
  /** As a spreadsheet numbers the rows. */
  row: number;
  /** One in a table, where a row may also have none; as many as the order has in NDJSON. */
  lines: ImportedLine[];
}
