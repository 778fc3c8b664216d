import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { OrderStatus } from './order-status';

/** A row of `orders`. Amounts are exact decimal strings, with the digits that the currency has (ISO 4217). */
@Entity('orders')
export class OrderEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  client_id: string;

  @Column('text')
  number: string;

  @Column('timestamptz')
  ordered_at: Date;

  @Column('text')
  status: OrderStatus;

  @Column('text')
  currency: string;

  @Column('text')
  customer_name: string;

  @Column('text', { nullable: true })
  customer_reference: string | null;

  /** The sum of the lines' totals. */
  @Column('numeric')
  subtotal: string;

  @Column('numeric')
  discount_total: string;

  @Column('numeric')
  shipping_total: string;

  @Column('numeric')
  tax_total: string;

  /** Prices contain the tax: it is shown, and not added. */
  @Column('boolean')
  tax_included: boolean;

  /** What the source's own total has beyond the others. */
  @Column('numeric')
  adjustment_total: string;

  /** Generated. */
  @Column({ type: 'numeric', insert: false, update: false })
  total: string;

  @Column('numeric')
  refunded_total: string;

  /** Generated: less what was refunded, and nothing for a cancelled order. */
  @Column({ type: 'numeric', insert: false, update: false })
  net_total: string;

  @Column('integer')
  line_count: number;

  @Column('timestamptz')
  created_at: Date;

  @Column('timestamptz')
  updated_at: Date;

  /** From 1 on; one higher with each change. */
  @Column('integer')
  version: number;
}
