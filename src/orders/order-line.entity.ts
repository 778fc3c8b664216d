import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** A quantity is shown as it was given: without the zeros that the scale of its column adds. */
const WITHOUT_SCALE: ValueTransformer = {
  from: (stored: string) => stored.replace(/\.?0+$/, ''),
  to: (given: string) => given,
};

/** A row of `order_line`. Amounts are exact decimal strings; the total has the digits of the currency. */
@Entity('order_line')
export class OrderLineEntity {
  @PrimaryColumn('uuid')
  order_id: string;

  /** From 1 on. */
  @PrimaryColumn('integer')
  position: number;

  @Column('text')
  sku: string;

  @Column('text')
  description: string;

  @Column('numeric', { precision: 19, scale: 4, transformer: WITHOUT_SCALE })
  quantity: string;

  @Column('numeric')
  unit_price: string;

  @Column('numeric')
  total: string;
}
