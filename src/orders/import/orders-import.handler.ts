import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { ArtifactMissingError, ArtifactStore } from '../../artifacts/artifact-store';
import { PermanentJobError } from '../../jobs/job-error';
import { HandlesJob, JobContext, JobHandler } from '../../jobs/job-type';
import { FailureCode, ImportFailures, MAX_COUNTED_ERRORS } from './import-failures';
import { OrderImportService } from './order-import.service';
import { OrderUploadsService } from './order-uploads.service';
import { ORDERS_IMPORT, OrdersImportParameters, OrdersImportResult, settingsOf } from './orders-import.job';

/** How much of the work is done when the file is read, and when it is checked. */
const PROGRESS = { read: 0, check: 0.5, store: 0.6 };

/**
 * Imports an uploaded file. The orders and the job's end are one transaction: a job that was cancelled, or whose attempt
 * was given to another worker, has imported nothing, and one that is tried again has not imported before.
 */
@Injectable()
@HandlesJob(ORDERS_IMPORT)
export class OrdersImportHandler implements JobHandler<OrdersImportParameters, OrdersImportResult> {
  constructor(
    private readonly imports: OrderImportService,
    private readonly failures: ImportFailures,
    private readonly artifacts: ArtifactStore,
    private readonly uploads: OrderUploadsService,
  ) {}

  async run(context: JobContext<OrdersImportParameters>): Promise<OrdersImportResult> {
    const { jobId, clientId, parameters, signal } = context;
    // An attempt that was lost just after it had found the file to be wrong.
    const known = await this.failures.find(jobId);
    if (known !== undefined) throw failureOf(known.code, known.errorCount < MAX_COUNTED_ERRORS);
    const settings = settingsOf(parameters);
    let result: OrdersImportResult | undefined;
    const report = await this.imports.importOrders(clientId, await this.open(parameters.file), {
      settings,
      jobId,
      signal,
      onPhase: (phase) => {
        context.step(phase);
        context.progress(PROGRESS[phase]);
      },
      onBytes: (bytes) => context.progress((bytes / parameters.bytes) * PROGRESS.check),
      beforeCommit: async (transaction, { cappedRefunds, ignoredColumns, ...outcome }) => {
        context.size(outcome.lines);
        result = {
          ...outcome,
          capped_refunds: cappedRefunds,
          ignored_columns: ignoredColumns,
          dry_run: settings.dryRun,
        };
        await context.completeIn(transaction, result);
      },
    });
    const { failure, errors, errorCount } = report;
    if (failure !== null) await this.failures.save(jobId, { code: failure, errors, errorCount });
    await this.uploads.discard(parameters.file);
    if (failure !== null) throw failureOf(failure, report.isReadWhole);
    if (result === undefined) throw new Error('An import without errors was committed.');
    return result;
  }

  private async open(file: string): Promise<Readable> {
    try {
      return await this.artifacts.open(file);
    } catch (error) {
      if (!(error instanceof ArtifactMissingError)) throw error;
      throw new PermanentJobError(
        'file_missing',
        'The uploaded file is no longer there: send it again.',
        'gone',
      );
    }
  }
}

function failureOf(code: FailureCode, isReadWhole: boolean): PermanentJobError {
  if (code === 'invalid_file')
    return new PermanentJobError(
      code,
      'What was sent is no file that can be imported. The import says why.',
      'unprocessable',
    );
  const rest = isReadWhole ? '' : ' It was not read to its end, so there may be more errors.';
  return new PermanentJobError(
    code,
    `The file has errors, so nothing of it was imported. They are listed by row in the import.${rest}`,
    'unprocessable',
  );
}
