import { Injectable } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '../artifacts/artifact-store';
import { CrashedJobError } from '../jobs/job-error';
import { HandlesJob, JobContext, JobHandler } from '../jobs/job-handler';
import { OrderReportQueries } from '../orders/order-report-queries';
import { ORDERS_REPORT, OrdersReportParameters, OrdersReportResult, reportKey } from './orders-report.job';
import { ReportFiles } from './report-files.service';
import { BrowserLostError } from './rendering/render-errors';
import { ReportRenderer } from './rendering/report-renderer';

/** Makes the PDF of a client's orders in a period. */
@Injectable()
@HandlesJob(ORDERS_REPORT)
export class OrdersReportHandler implements JobHandler<OrdersReportParameters, OrdersReportResult> {
  constructor(
    private readonly orders: OrderReportQueries,
    private readonly renderer: ReportRenderer,
    private readonly artifacts: ArtifactStore,
    private readonly files: ReportFiles,
  ) {}

  async run(context: JobContext<OrdersReportParameters>): Promise<OrdersReportResult> {
    const directory = await mkdtemp(join(tmpdir(), 'order-report-'));
    try {
      return await this.make(context, directory);
    } catch (error) {
      // A browser that dies is counted apart: a job that kills it every time is poison.
      if (error instanceof BrowserLostError)
        throw new CrashedJobError('The browser died while rendering.', { cause: error });
      throw error;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async make(
    context: JobContext<OrdersReportParameters>,
    directory: string,
  ): Promise<OrdersReportResult> {
    const { parameters, signal } = context;
    context.step('query');
    return this.orders.withSnapshot(context.clientId, parameters, signal, async (snapshot) => {
      const rows = snapshot.summary.orders + (parameters.includeItems ? snapshot.summary.lines : 0);
      context.size(rows);
      context.progress(0.1);

      context.step('render');
      const report = await this.renderer.render(
        {
          ...parameters,
          generatedAt: new Date(),
          summary: snapshot.summary,
          orders: snapshot.orders({ includeLines: parameters.includeItems }),
        },
        { directory, signal, onProgress: (fraction) => context.progress(0.1 + 0.8 * fraction) },
      );

      context.step('store');
      await this.files.note(context.jobId, context.attempt);
      const { sha256, bytes } = await this.artifacts.put(
        reportKey(context.jobId, context.attempt),
        createReadStream(report.path),
        { signal },
      );
      return {
        artifact: { sha256, bytes, pages: report.pages, media_type: 'application/pdf' },
        orders: snapshot.summary.orders,
      };
    });
  }
}
