import { Inject, Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { ArtifactStore } from '../artifacts/artifact-store';
import { BrandsService } from '../brands/brands.service';
import { FanOut } from '../common/fan-out';
import { PermanentJobError } from '../jobs/job-error';
import { HandlesJob, JobContext, JobHandler } from '../jobs/job-type';
import { OrderReportQueries } from '../orders/order-report-queries';
import type { OrderSummary } from '../orders/order-summary';
import { SMALL_REPORT_ROWS } from '../orders/small-report';
import { MEDIA_TYPES, ReportFormat } from './formats/report-format';
import type { Report, ReportWriter } from './formats/report-writer';
import { SalesTally } from './formats/sales-tally';
import {
  ORDERS_REPORT,
  OrdersReportResult,
  parametersOf,
  queryOf,
  type ReportArtifact,
  type StoredReportParameters,
} from './orders-report.job';
import { PrintPriority } from './rendering/print-priority';
import { ReportFilesService } from './report-files.service';
import { ReportLimitsService, rowsOf } from './report-limits.service';

/** Generous: 80 bytes are typical. Chinese, Japanese and Korean take up to 3,000, and may meet the end on the way. */
const BYTES_PER_ROW = 300;
const BYTES_OF_ANY_REPORT = 16 * 1024 * 1024;

/** How much further a format may be than the slowest one: memory that lives for long. */
const BATCHES_AHEAD = 4;

/** One for each format. */
export const REPORT_WRITERS = Symbol('report writers');

/** Makes the files of a client's orders in a period: all from one snapshot, which is read once. */
@Injectable()
@HandlesJob(ORDERS_REPORT)
export class OrdersReportHandler implements JobHandler<StoredReportParameters, OrdersReportResult> {
  constructor(
    private readonly orders: OrderReportQueries,
    private readonly limits: ReportLimitsService,
    private readonly artifacts: ArtifactStore,
    private readonly files: ReportFilesService,
    @Inject(REPORT_WRITERS) private readonly writers: readonly ReportWriter[],
    private readonly priority: PrintPriority,
    private readonly brands: BrandsService,
  ) {}

  run(context: JobContext<StoredReportParameters>): Promise<OrdersReportResult> {
    return this.priority.run((onLarge) => this.make(context, onLarge));
  }

  private async make(
    context: JobContext<StoredReportParameters>,
    onLarge: () => void,
  ): Promise<OrdersReportResult> {
    const { signal } = context;
    const parameters = parametersOf(context.parameters);
    context.step('query');
    const accept = async (summary: OrderSummary): Promise<void> => {
      const rows = rowsOf(summary, parameters);
      context.size(rows * parameters.formats.length);
      this.limits.check(rows, parameters);
      await this.artifacts.requireRoom(
        parameters.formats.length * (BYTES_OF_ANY_REPORT + BYTES_PER_ROW * rows),
      );
    };
    const query = queryOf(parameters);
    return this.orders.withSnapshot(context.clientId, query, { signal, accept }, async (snapshot) => {
      context.progress(0.1);
      const isLarge = rowsOf(snapshot.summary, parameters) > SMALL_REPORT_ROWS;
      if (isLarge) onLarge();
      const artifacts = await this.write(context, {
        parameters,
        snapshot: isLarge
          ? { ...snapshot, orders: () => this.priority.yielding(snapshot.orders()) }
          : snapshot,
        isDelta: query.changedSince !== null,
        isLarge,
        generatedAt: new Date(),
        brand: await this.brands.of(context.clientId),
        owner: context.clientId,
      });
      const { orders, removed, totals } = snapshot.summary;
      const [artifact] = artifacts;
      if (artifact === undefined) throw new Error('A report has at least one format.');
      return { artifact, artifacts, orders, removed, as_of: snapshot.asOf, totals };
    });
  }

  /** All formats at the same time, from one reading of the rows: the first that fails ends the others. */
  private async write(
    context: JobContext<StoredReportParameters>,
    report: Report,
  ): Promise<ReportArtifact[]> {
    const { formats } = report.parameters;
    await this.files.note(context.jobId, context.attempt, formats);
    context.step('render');
    const { jobId, attempt, clientId } = context;
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    const stored: ReportFormat[] = [];
    const fractions = formats.map(() => 0);
    const onProgress = (index: number, fraction: number): void => {
      fractions[index] = fraction;
      const all = Math.min(...fractions);
      context.progress(0.1 + 0.8 * all);
      if (all === 1) context.step('store');
    };
    const { snapshot } = report;
    const orders = new FanOut(snapshot.orders(), formats.length, BATCHES_AHEAD, signal);
    const writing = formats.map((format, index) => {
      const shared = { ...report, snapshot: { ...snapshot, orders: () => orders.reader(index) } };
      const written = this.writeOne({ jobId, attempt, clientId, signal }, shared, format, {
        onProgress: (fraction) => onProgress(index, fraction),
        onStored: () => stored.push(format),
      });
      // Also of one that failed before it read anything.
      return written.finally(() => orders.close(index));
    });
    try {
      return await Promise.all(writing);
    } catch (error) {
      // What is still being made nobody needs any more, and it must not outlive the snapshot that it reads.
      stop.abort(error);
      await Promise.allSettled(writing);
      if (stored.length > 0) await this.files.discard({ job_id: jobId, attempt, formats: stored });
      throw error;
    }
  }

  private async writeOne(
    context: Pick<JobContext<object>, 'jobId' | 'attempt' | 'clientId' | 'signal'>,
    report: Report,
    format: ReportFormat,
    { onProgress, onStored }: { onProgress: (fraction: number) => void; onStored: () => void },
  ): Promise<ReportArtifact> {
    const writer = this.writers.find((each) => each.format === format);
    if (writer === undefined) throw new Error(`Nothing writes ${format}.`);
    const tally = new SalesTally();
    const { pages, content } = await writer.write(report, { signal: context.signal, onProgress, tally });
    const { sha256, bytes } = await this.files.put(context, format, Readable.from(content));
    onStored();
    requireAgreement(format, tally, report.snapshot.summary);
    return {
      format,
      media_type: MEDIA_TYPES[format],
      bytes,
      sha256,
      rows: rowsIn(format, report.snapshot.summary, report.parameters.includeItems),
      pages,
    };
  }
}

/** Rows of data in a file: with lines, CSV has one for each line alone, NDJSON one for each order that has them in it. */
function rowsIn(format: ReportFormat, summary: OrderSummary, includeItems: boolean): number {
  if (!includeItems || format === ReportFormat.Ndjson) return summary.orders + summary.removed;
  if (format === ReportFormat.Csv) return summary.lines + summary.removed;
  return rowsOf(summary, { includeItems });
}

/** @throws PermanentJobError `totals_disagree`: rather no file than one whose numbers are not those of the snapshot */
function requireAgreement(format: ReportFormat, tally: SalesTally, summary: OrderSummary): void {
  const written = JSON.stringify([tally.totals, tally.removed]);
  const found = JSON.stringify([summary.totals, summary.removed]);
  if (written === found) return;
  throw new PermanentJobError(
    'totals_disagree',
    `The ${format} has not the totals of the snapshot that it was written from.`,
    'internal',
    { cause: new Error(`Written: ${written}. Found: ${found}.`) },
  );
}
