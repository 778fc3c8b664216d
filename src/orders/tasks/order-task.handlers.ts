import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { HandlesJob, JobContext, JobHandler } from '../../jobs/job-type';
import { NewOrderBody, toNewOrder } from '../order.dto';
import { OrderWithLinesView, viewOrderWithLines } from '../order.view';
import { OrderWriterService } from '../order-writer.service';
import { OrdersService } from '../orders.service';
import { OrderParams, ORDERS_CREATE, ORDERS_READ, ORDERS_SUMMARY } from './order-tasks';
import type { OrderFilter } from '../order-filter';
import { OrderReportQueries } from '../order-report-queries';
import { OrderSummaryView, viewSummary } from '../order-summary.view';

/** The order and the end of its job are one transaction: an attempt that is lost has written nothing. */
@Injectable()
@HandlesJob(ORDERS_CREATE)
export class CreateOrderHandler implements JobHandler<NewOrderBody, OrderWithLinesView> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writer: OrderWriterService,
  ) {}

  async run(context: JobContext<NewOrderBody>): Promise<OrderWithLinesView> {
    const { jobId, clientId, parameters } = context;
    context.step('write');
    return this.dataSource.transaction(async (transaction) => {
      const order = await this.writer.createAs(
        jobId,
        transaction,
        clientId,
        toNewOrder(parameters, parameters.number),
        {
          keyId: null,
          jobId,
        },
      );
      const view = viewOrderWithLines(order);
      await context.completeIn(transaction, view);
      return view;
    });
  }
}

@Injectable()
@HandlesJob(ORDERS_READ)
export class ReadOrderHandler implements JobHandler<OrderParams, OrderWithLinesView> {
  constructor(private readonly orders: OrdersService) {}

  async run(context: JobContext<OrderParams>): Promise<OrderWithLinesView> {
    context.step('read');
    return viewOrderWithLines(await this.orders.get(context.clientId, { id: context.parameters.id }));
  }
}

@Injectable()
@HandlesJob(ORDERS_SUMMARY)
export class SummarizeOrdersHandler implements JobHandler<OrderFilter, OrderSummaryView> {
  constructor(private readonly reports: OrderReportQueries) {}

  async run(context: JobContext<OrderFilter>): Promise<OrderSummaryView> {
    context.step('summarize');
    const summary = await this.reports.summarize(context.clientId, context.parameters, context.signal);
    context.size(summary.orders);
    return viewSummary(summary);
  }
}
