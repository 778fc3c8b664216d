import type { OrderLineEntity } from './order-line.entity';
import type { GivenAmounts } from './order-amounts';
import type { OrderEntity } from './order.entity';
import type { OrderStatus } from './order-status';

/** An order as its owner sees it. */
export type Order = Omit<OrderEntity, 'client_id'>;

export type OrderLine = Omit<OrderLineEntity, 'order_id'>;

export interface OrderWithLines extends Order {
  /** In the order of their positions, from 1 on. */
  lines: OrderLine[];
}

/** What an order says of itself, without its number and its lines. */
export interface OrderHead extends GivenAmounts {
  orderedAt: Date;
  status: OrderStatus;
  /** ISO 4217. */
  currency: string;
  customerName: string;
  customerReference: string | null;
}

export interface NewOrderLine {
  sku: string;
  description: string;
  quantity: string;
  unitPrice: string;
}

/** What a new order is made of; its totals are computed. */
export interface NewOrder extends OrderHead {
  number: string;
  lines: NewOrderLine[];
}

/** The columns of `Order`, for `SELECT` and `RETURNING`. */
export const ORDER_FIELDS = `id, number, ordered_at, status, currency, customer_name, customer_reference, subtotal,
  discount_total, shipping_total, tax_total, tax_included, adjustment_total, total, refunded_total, net_total, line_count,
  created_at, updated_at, version`;
