import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { CrashedJobError } from '../jobs/job-error';
import type { JobContext } from '../jobs/job-type';
import type { OrderSnapshot } from '../orders/order-report-queries';
import { filterOf, OrdersReportParameters, ReportArtifact } from './orders-report.job';
import { BrowserLostError } from './rendering/render-errors';
import { ReportRenderer } from './rendering/report-renderer';
import { ReportFilesService } from './report-files.service';
import { MEDIA_TYPES, ReportFormat } from './report-format';

/** Prints a report, part by part into the store. */
@Injectable()
export class PdfReportWriter {
  constructor(
    private readonly renderer: ReportRenderer,
    private readonly files: ReportFilesService,
  ) {}

  async write(
    context: JobContext<OrdersReportParameters>,
    snapshot: OrderSnapshot,
    isLarge: boolean,
  ): Promise<ReportArtifact> {
    const { parameters, signal } = context;
    const stop = new AbortController();
    context.step('render');
    const { pages, file } = this.renderer.render(
      {
        ...parameters,
        isDelta: filterOf(parameters).changedSince !== null,
        generatedAt: new Date(),
        summary: snapshot.summary,
        orders: snapshot.orders(),
      },
      {
        owner: context.clientId,
        isLarge,
        signal: AbortSignal.any([signal, stop.signal]),
        onProgress: (fraction) => {
          context.progress(0.1 + 0.8 * fraction);
          if (fraction === 1) context.step('store');
        },
      },
    );
    try {
      const { sha256, bytes } = await this.files.put(context, Readable.from(file));
      return { sha256, bytes, pages, media_type: MEDIA_TYPES[ReportFormat.Pdf] };
    } catch (error) {
      // A store that fails does not wait for the part that is being printed; nobody needs that any more.
      stop.abort();
      // A browser that dies is counted apart: a job that kills it every time is poison.
      if (error instanceof BrowserLostError)
        throw new CrashedJobError('The browser died while rendering.', { cause: error });
      throw error;
    }
  }
}
