import type { OrderLineEntity } from './order-line.entity';
import type { OrderEntity } from './order.entity';
import type { OrderStatus } from './order-status';

/** An order as its owner sees it. */
export type Order = Omit<OrderEntity, 'client_id'>;

export interface OrderWithLines extends Order {
  lines: OrderLineEntity[];
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
