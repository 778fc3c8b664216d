import { Injectable } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { ArtifactStore } from '../artifacts/artifact-store';
import { CrashedJobError } from '../jobs/job-error';
import type { JobContext } from '../jobs/job-handler';
import type { OrderSnapshot } from '../orders/order-report-queries';
import { OrdersReportParameters, ReportArtifact, reportKey } from './orders-report.job';
import { BrowserLostError } from './rendering/render-errors';
import { ReportRenderer } from './rendering/report-renderer';
import { withWorkFolder } from './rendering/work-folder';
import { requireFreeSpace } from './rendering/disk-space';
import { ReportFiles } from './report-files.service';
import { MEDIA_TYPES, ReportFormat } from './report-format';

/** Generous: 80 bytes are typical. */
const BYTES_PER_ROW = 300;
const BYTES_OF_ANY_REPORT = 16 * 1024 * 1024;

/** Prints a report, and stores it when it is whole. */
@Injectable()
export class PdfReportWriter {
  constructor(
    private readonly renderer: ReportRenderer,
    private readonly artifacts: ArtifactStore,
    private readonly files: ReportFiles,
  ) {}

  async write(
    context: JobContext<OrdersReportParameters>,
    snapshot: OrderSnapshot,
    rows: number,
  ): Promise<ReportArtifact> {
    try {
      return await withWorkFolder('report', async (directory) => {
        await requireFreeSpace(directory, BYTES_OF_ANY_REPORT + BYTES_PER_ROW * rows);
        return this.print(context, snapshot, directory);
      });
    } catch (error) {
      // A browser that dies is counted apart: a job that kills it every time is poison.
      if (error instanceof BrowserLostError)
        throw new CrashedJobError('The browser died while rendering.', { cause: error });
      throw error;
    }
  }

  private async print(
    context: JobContext<OrdersReportParameters>,
    snapshot: OrderSnapshot,
    directory: string,
  ): Promise<ReportArtifact> {
    const { parameters, signal } = context;
    context.step('render');
    const report = await this.renderer.render(
      {
        ...parameters,
        generatedAt: new Date(),
        summary: snapshot.summary,
        orders: snapshot.orders({ includeLines: parameters.includeItems }),
      },
      {
        directory,
        owner: context.clientId,
        signal,
        onProgress: (fraction) => context.progress(0.1 + 0.8 * fraction),
      },
    );
    context.step('store');
    await this.files.note(context.jobId, context.attempt);
    const { sha256, bytes } = await this.artifacts.put(
      reportKey(context.jobId, context.attempt),
      createReadStream(report.path),
      { signal },
    );
    return { sha256, bytes, pages: report.pages, media_type: MEDIA_TYPES[ReportFormat.Pdf] };
  }
}
