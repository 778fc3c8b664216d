import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { OrderStatus } from './order-status';

/** A row of `orders`. Amounts are exact decimal strings with four decimals. */
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

  @Column('numeric', { precision: 19, scale: 4 })
  total: string;

  @Column('integer')
  line_count: number;

  @Column('timestamptz')
  created_at: Date;
}
