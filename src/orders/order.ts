import type { OrderStatus } from './order-status';

/** A row of `orders`. Amounts are exact decimal strings with four decimals. */
export interface Order {
  id: string;
  number: string;
  ordered_at: Date;
  status: OrderStatus;
  currency: string;
  customer_name: string;
  customer_reference: string | null;
  total: string;
  line_count: number;
  created_at: Date;
}

export interface OrderLine {
  position: number;
  sku: string;
  description: string;
  quantity: string;
  unit_price: string;
  total: string;
}

export interface OrderWithLines extends Order {
  lines: OrderLine[];
}

/** What a new order is made of; its totals are computed. */
export interface NewOrder {
  number: string;
  orderedAt: Date;
  status: OrderStatus;
  currency: string;
  customerName: string;
  customerReference: string | null;
  /** Quantities and prices as exact decimals. */
  lines: { sku: string; description: string; quantity: string; unitPrice: string }[];
}

/** The columns of `Order`, for `SELECT` and `RETURNING`. */
export const ORDER_COLUMNS = `id, number, ordered_at, status, currency, customer_name, customer_reference, total,
  line_count, created_at`;
