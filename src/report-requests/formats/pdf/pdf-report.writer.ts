import { Injectable } from '@nestjs/common';
import { CrashedJobError } from '../../../jobs/job-error';
import type { ReportedOrder } from '../../../orders/reported-order';
import { BrowserLostError } from '../../rendering/render-errors';
import { ReportRenderer } from '../../rendering/report-renderer';
import { ReportFormat } from '../report-format';
import type { Report, ReportWriter, WriteOptions, WrittenReport } from '../report-writer';
import type { SalesTally } from '../sales-tally';

/** Prints a report, part by part. */
@Injectable()
export class PdfReportWriter implements ReportWriter {
  readonly format = ReportFormat.Pdf;

  constructor(private readonly renderer: ReportRenderer) {}

  write(report: Report, { signal, onProgress, tally }: WriteOptions): WrittenReport {
    const { parameters, snapshot, isDelta, isLarge, generatedAt, owner } = report;
    const { pages, file } = this.renderer.render(
      {
        ...parameters,
        statuses: parameters.filter.statuses as string[] | null,
        isDelta,
        generatedAt,
        summary: snapshot.summary,
        orders: tallied(snapshot.orders(), tally),
      },
      { owner, isLarge, signal, onProgress },
    );
    return { pages, content: unlessLost(file) };
  }
}

async function* tallied(
  orders: AsyncIterable<ReportedOrder[]>,
  tally: SalesTally,
): AsyncGenerator<ReportedOrder[]> {
  for await (const batch of orders) {
    for (const order of batch) tally.add(order);
    yield batch;
  }
}

/** A browser that dies is counted apart: a job that kills it every time is poison. */
async function* unlessLost(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* file;
  } catch (error) {
    if (error instanceof BrowserLostError)
      throw new CrashedJobError('The browser died while rendering.', { cause: error });
    throw error;
  }
}
