import { Injectable } from '@nestjs/common';
import { HandlesJob, JobContext, JobHandler } from '../../jobs/job-type';
import type { OrderFilter } from '../order-period';
import { OrderReportQueries } from '../order-report-queries';
import { OrderSummaryView, viewSummary } from '../order-summary.view';
import { ORDERS_SUMMARY } from './order-tasks';

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
