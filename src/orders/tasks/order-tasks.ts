import { ApiProperty } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';
import { Scope } from '../../clients/scope';
import { defineJobType, jobInput } from '../../jobs/job-type';
import { OrderSummaryQuery, toFilter } from '../order-queries.dto';
import type { OrderFilter } from '../order-filter';
import { OrderSummaryView } from '../order-summary.view';
import { NewOrderBody } from '../order.dto';
import { OrderWithLinesView } from '../order.view';

export class OrderParams {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  id: string;
}

/** Reading an order as a job. */
export const ORDERS_READ = defineJobType<OrderParams, OrderWithLinesView>({
  name: 'orders.read',
  steps: ['read'],
  scope: Scope.Orders,
  input: jobInput(OrderParams, ({ id }) => ({ id })),
  resultView: OrderWithLinesView,
});

/** Creating an order as a job. The order gets the job's id, so that no attempt can make a second one. */
export const ORDERS_CREATE = defineJobType<NewOrderBody, OrderWithLinesView>({
  name: 'orders.create',
  steps: ['write'],
  scope: Scope.Orders,
  input: jobInput(NewOrderBody, (body) => body),
  resultView: OrderWithLinesView,
  resource: { rel: 'orders', path: '/v1/orders/{id}', statusPath: '/v1/tasks/{id}' },
});

/** Summing up the orders of a period as a job. */
export const ORDERS_SUMMARY = defineJobType<OrderFilter, OrderSummaryView>({
  name: 'orders.summary',
  steps: ['summarize'],
  scope: Scope.Orders,
  input: jobInput(OrderSummaryQuery, toFilter),
  resultView: OrderSummaryView,
});
