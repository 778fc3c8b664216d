import { Injectable } from '@nestjs/common';
import { ArtifactStore } from '../artifacts/artifact-store';
import { HandlesJob, JobContext, JobHandler } from '../jobs/job-type';
import { SMALL_REPORT_ROWS } from '../orders/small-report';
import { OrderReportQueries } from '../orders/order-report-queries';
import type { OrderSummary } from '../orders/order-summary';
import { CsvReportWriter } from './csv-report.writer';
import { filterOf, ORDERS_REPORT, OrdersReportParameters, OrdersReportResult } from './orders-report.job';
import { PdfReportWriter } from './pdf-report.writer';
import { PrintPriority } from './rendering/print-priority';
import { ReportFormat } from './report-format';
import { ReportLimitsService, rowsOf } from './report-limits.service';

/** Generous: 80 bytes are typical. Chinese, Japanese and Korean take up to 3,000, and may meet the end on the way. */
const BYTES_PER_ROW = 300;
const BYTES_OF_ANY_REPORT = 16 * 1024 * 1024;

/** Makes the file of a client's orders in a period. */
@Injectable()
@HandlesJob(ORDERS_REPORT)
export class OrdersReportHandler implements JobHandler<OrdersReportParameters, OrdersReportResult> {
  constructor(
    private readonly orders: OrderReportQueries,
    private readonly limits: ReportLimitsService,
    private readonly artifacts: ArtifactStore,
    private readonly pdf: PdfReportWriter,
    private readonly csv: CsvReportWriter,
    private readonly priority: PrintPriority,
  ) {}

  run(context: JobContext<OrdersReportParameters>): Promise<OrdersReportResult> {
    return this.priority.run((onLarge) => this.make(context, onLarge));
  }

  private async make(
    context: JobContext<OrdersReportParameters>,
    onLarge: () => void,
  ): Promise<OrdersReportResult> {
    const { parameters, signal } = context;
    context.step('query');
    const accept = async (summary: OrderSummary): Promise<void> => {
      const rows = rowsOf(summary, parameters);
      context.size(rows);
      this.limits.check(rows, parameters);
      await this.artifacts.requireRoom(BYTES_OF_ANY_REPORT + BYTES_PER_ROW * rows);
    };
    return this.orders.withSnapshot(
      context.clientId,
      filterOf(parameters),
      { signal, accept },
      async (snapshot) => {
        const rows = rowsOf(snapshot.summary, parameters);
        context.progress(0.1);
        const isLarge = rows > SMALL_REPORT_ROWS;
        if (isLarge) onLarge();
        const report = isLarge
          ? { ...snapshot, orders: () => this.priority.yielding(snapshot.orders()) }
          : snapshot;
        const artifact =
          parameters.format === ReportFormat.Csv
            ? await this.csv.write(context, report)
            : await this.pdf.write(context, report, isLarge);
        const { orders, removed, totals } = snapshot.summary;
        return { artifact, orders, removed, as_of: snapshot.asOf, totals };
      },
    );
  }
}
