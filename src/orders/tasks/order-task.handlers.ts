import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { HandlesJob, JobContext, JobHandler } from '../../jobs/job-type';
import { NewOrderBody, toNewOrder } from '../order.dto';
import { OrderWithLinesView, viewOrderWithLines } from '../order.view';
import { Orders } from '../orders.service';
import { ORDERS_CREATE } from './order-tasks';

/** The order and the end of its job are one transaction: an attempt that is lost has written nothing. */
@Injectable()
@HandlesJob(ORDERS_CREATE)
export class CreateOrderHandler implements JobHandler<NewOrderBody, OrderWithLinesView> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly orders: Orders,
  ) {}

  async run(context: JobContext<NewOrderBody>): Promise<OrderWithLinesView> {
    const { jobId, clientId, parameters } = context;
    context.step('write');
    return this.dataSource.transaction(async (transaction) => {
      const order = await this.orders.createAs(jobId, transaction, clientId, toNewOrder(parameters));
      const view = viewOrderWithLines(order);
      await context.completeIn(transaction, view);
      return view;
    });
  }
}
