import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import type { Order, OrderLine, OrderWithLines } from './order';
import { OrderStatus } from './order-status';

export class OrderLineView {
  @ApiProperty({ type: 'integer', example: 1 })
  position: number;

  @ApiProperty({ example: 'FUR-BO-10001798' })
  sku: string;

  @ApiProperty({ example: 'Bush Somerset Collection Bookcase' })
  description: string;

  @ApiProperty({ example: '2', description: 'Exact decimal.' })
  quantity: string;

  @ApiProperty({ example: '130.98', description: 'Exact decimal, as fine as it was given.' })
  unit_price: string;

  @ApiProperty({
    example: '261.96',
    description:
      'Exact decimal: quantity times price, rounded once to the minor unit of the currency, half away from zero.',
  })
  total: string;
}

const amount = (example: string, description: string): ApiPropertyOptions => ({
  example,
  description: `Exact decimal, with the digits that the currency has (ISO 4217). ${description}`,
});

/** An order in a list. */
export class OrderView {
  @ApiProperty({ format: 'uuid', example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11' })
  id: string;

  @ApiProperty({ example: 'CA-2016-152156' })
  number: string;

  @ApiProperty({ format: 'date-time', example: '2016-11-08T00:00:00.000Z' })
  ordered_at: string;

  @ApiProperty({ enum: OrderStatus, enumName: 'OrderStatus', example: OrderStatus.Shipped })
  status: OrderStatus;

  @ApiProperty({ example: 'USD', description: 'ISO 4217.' })
  currency: string;

  @ApiProperty({ example: 'Claire Gute' })
  customer_name: string;

  @ApiProperty({ type: String, nullable: true, example: 'CG-12520' })
  customer_reference: string | null;

  @ApiProperty(amount('993.90', "The sum of the lines' totals."))
  subtotal: string;

  @ApiProperty(amount('0.00', 'Of the whole order.'))
  discount_total: string;

  @ApiProperty(amount('0.00', 'Of the whole order.'))
  shipping_total: string;

  @ApiProperty(amount('0.00', 'Of the whole order.'))
  tax_total: string;

  @ApiProperty({ example: false, description: 'Prices contain the tax: it is shown, and not added.' })
  tax_included: boolean;

  @ApiProperty(amount('0.00', "What the source's own total has beyond the others."))
  adjustment_total: string;

  @ApiProperty(
    amount(
      '993.90',
      '`subtotal - discount_total + shipping_total + tax_total + adjustment_total`, without `tax_total` where it is included.',
    ),
  )
  total: string;

  @ApiProperty(amount('0.00', 'What was given back, between 0 and the total.'))
  refunded_total: string;

  @ApiProperty(amount('993.90', '`total - refunded_total`; 0 for a cancelled order.'))
  net_total: string;

  @ApiProperty({ type: 'integer', example: 2 })
  line_count: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time', description: 'When it last changed.' })
  updated_at: string;

  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'One higher with each change; the `ETag` of the order, in quotes.',
  })
  version: number;
}

export class OrderWithLinesView extends OrderView {
  @ApiProperty({ type: [OrderLineView] })
  lines: OrderLineView[];
}

export class OrderPageView {
  @ApiProperty({ type: [OrderView] })
  data: OrderView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

export const viewOrder = (order: Order): OrderView => ({
  id: order.id,
  number: order.number,
  ordered_at: order.ordered_at.toISOString(),
  status: order.status,
  currency: order.currency,
  customer_name: order.customer_name,
  customer_reference: order.customer_reference,
  subtotal: order.subtotal,
  discount_total: order.discount_total,
  shipping_total: order.shipping_total,
  tax_total: order.tax_total,
  tax_included: order.tax_included,
  adjustment_total: order.adjustment_total,
  total: order.total,
  refunded_total: order.refunded_total,
  net_total: order.net_total,
  line_count: order.line_count,
  created_at: order.created_at.toISOString(),
  updated_at: order.updated_at.toISOString(),
  version: order.version,
});

export const viewOrderWithLines = (order: OrderWithLines): OrderWithLinesView =>
  Object.assign(viewOrder(order), { lines: order.lines.map(viewOrderLine) });

const viewOrderLine = (line: OrderLine): OrderLineView => ({
  position: line.position,
  sku: line.sku,
  description: line.description,
  quantity: line.quantity,
  unit_price: line.unit_price,
  total: line.total,
});
