import { Injectable } from '@nestjs/common';
import { CrashedJobError } from '../../../jobs/job-error';
import { BrowserLostError } from '../../rendering/render-errors';
import type { ReportDocument } from '../../rendering/report-document';
import { ReportRenderer } from '../../rendering/report-renderer';
import { ReportFormat } from '../report-format';
import { columnsOf } from '../report-parameters';
import type { Report, ReportWriter, WriteOptions, WrittenReport } from '../report-writer';

/** Prints a report, part by part. */
@Injectable()
export class PdfReportWriter implements ReportWriter {
  readonly format = ReportFormat.Pdf;

  constructor(private readonly renderer: ReportRenderer) {}

  async write(report: Report, { signal, onProgress, tally }: WriteOptions): Promise<WrittenReport> {
    const { isLarge, owner } = report;
    const { pages, file } = await this.renderer.render(documentOf(report), {
      owner,
      isLarge,
      signal,
      onProgress,
      onOrder: (order) => tally.add(order),
    });
    return { pages, content: unlessLost(file) };
  }
}

/** What its pages show. */
export function documentOf({ parameters, snapshot, brand, isDelta, generatedAt }: Report): ReportDocument {
  const columns = columnsOf(parameters, ReportFormat.Pdf);
  return { ...parameters, ...snapshot, columns, brand, isDelta, generatedAt };
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
