import { Injectable } from '@nestjs/common';
import { ArtifactStore, StoreFullError } from '../artifacts/artifact-store';
import { TemporaryJobError } from '../jobs/job-error';
import { HandlesJob, JobContext, JobHandler } from '../jobs/job-handler';
import { OrderReportQueries } from '../orders/order-report-queries';
import { CsvReportWriter } from './csv-report.writer';
import { ORDERS_REPORT, OrdersReportParameters, OrdersReportResult } from './orders-report.job';
import { PdfReportWriter } from './pdf-report.writer';
import { ReportFormat } from './report-format';
import { ReportLimits, rowsOf } from './report-limits.service';

/** Generous: 80 bytes are typical. Chinese, Japanese and Korean take up to 3,000, and may meet the end on the way. */
const BYTES_PER_ROW = 300;
const BYTES_OF_ANY_REPORT = 16 * 1024 * 1024;

/** Makes the file of a client's orders in a period. */
@Injectable()
@HandlesJob(ORDERS_REPORT)
export class OrdersReportHandler implements JobHandler<OrdersReportParameters, OrdersReportResult> {
  constructor(
    private readonly orders: OrderReportQueries,
    private readonly limits: ReportLimits,
    private readonly artifacts: ArtifactStore,
    private readonly pdf: PdfReportWriter,
    private readonly csv: CsvReportWriter,
  ) {}

  async run(context: JobContext<OrdersReportParameters>): Promise<OrdersReportResult> {
    try {
      return await this.make(context);
    } catch (cause) {
      if (!(cause instanceof StoreFullError)) throw cause;
      throw new TemporaryJobError('store_full', 'There is no room for the file.', cause.retryAfterSeconds, {
        cause,
      });
    }
  }

  private async make(context: JobContext<OrdersReportParameters>): Promise<OrdersReportResult> {
    const { parameters, signal } = context;
    context.step('query');
    return this.orders.withSnapshot(context.clientId, parameters, signal, async (snapshot) => {
      const rows = rowsOf(snapshot.summary, parameters);
      context.size(rows);
      this.limits.check(rows, parameters);
      await this.artifacts.requireRoom(BYTES_OF_ANY_REPORT + BYTES_PER_ROW * rows);
      context.progress(0.1);
      const artifact =
        parameters.format === ReportFormat.Csv
          ? await this.csv.write(context, snapshot)
          : await this.pdf.write(context, snapshot);
      return { artifact, orders: snapshot.summary.orders };
    });
  }
}
