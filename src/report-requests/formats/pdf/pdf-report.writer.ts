import { Injectable } from '@nestjs/common';
import { CrashedJobError } from '../../../jobs/job-error';
import { BrowserLostError } from '../../rendering/render-errors';
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
    const { parameters, snapshot, brand, isDelta, isLarge, generatedAt, owner } = report;
    const columns = columnsOf(parameters, this.format);
    const { pages, file } = await this.renderer.render(
      { ...parameters, ...snapshot, columns, brand, isDelta, generatedAt },
      { owner, isLarge, signal, onProgress, onOrder: (order) => tally.add(order) },
    );
    return { pages, content: unlessLost(file) };
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
