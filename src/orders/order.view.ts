import { ApiProperty } from '@nestjs/swagger';
import type { Order, OrderWithLines } from './order';
import type { OrderLineEntity } from './order-line.entity';
import { OrderStatus } from './order-status';

export class OrderLineView {
  @ApiProperty({ example: 1 })
  position: number;

  @ApiProperty({ example: 'FUR-BO-10001798' })
  sku: string;

  @ApiProperty({ example: 'Bush Somerset Collection Bookcase' })
  description: string;

  @ApiProperty({ example: '2', description: 'Exact decimal.' })
  quantity: string;

  @ApiProperty({ example: '130.9800', description: 'Exact decimal.' })
  unit_price: string;

  @ApiProperty({ example: '261.9600', description: 'Exact decimal.' })
  total: string;
}

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

  @ApiProperty({ example: '993.9000', description: 'Exact decimal: the sum of the lines.' })
  total: string;

  @ApiProperty({ example: 2 })
  line_count: number;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
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
  total: order.total,
  line_count: order.line_count,
  created_at: order.created_at.toISOString(),
});

export const viewOrderWithLines = (order: OrderWithLines): OrderWithLinesView =>
  Object.assign(viewOrder(order), { lines: order.lines.map(viewOrderLine) });

const viewOrderLine = (line: OrderLineEntity): OrderLineView => ({
  position: line.position,
  sku: line.sku,
  description: line.description,
  quantity: line.quantity,
  unit_price: line.unit_price,
  total: line.total,
});
