import { Injectable } from '@nestjs/common';
import { HandlesJob, JobContext, JobHandler } from '../../jobs/job-type';
import { OrderWithLinesView, viewOrderWithLines } from '../order.view';
import { Orders } from '../orders.service';
import { OrderParams, ORDERS_READ } from './order-tasks';

@Injectable()
@HandlesJob(ORDERS_READ)
export class ReadOrderHandler implements JobHandler<OrderParams, OrderWithLinesView> {
  constructor(private readonly orders: Orders) {}

  async run(context: JobContext<OrderParams>): Promise<OrderWithLinesView> {
    context.step('read');
    return viewOrderWithLines(await this.orders.get(context.clientId, context.parameters.id));
  }
}
