import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { Measure } from '../../artifacts/measure';
import type { Client } from '../../clients/client';
import { AppError } from '../../common/app-error';
import { newId } from '../../common/ids';
import type { Page } from '../../common/pagination';
import type { Job, JobRequest } from '../../jobs/job';
import type { GivenLabels } from '../../jobs/job-labels';
import type { JobPageQuery } from '../../jobs/http/job-list.query';
import { JobsService } from '../../jobs/jobs.service';
import { JobSubmissionService } from '../../jobs/job-submission.service';
import { ORDER_LIMITS } from '../order-limits';
import { ImportFailure, ImportFailures } from './import-failures';
import { type ImportSettings, PLAIN } from './import-settings';
import { OrderUploadsService, refusalOf } from './order-uploads.service';
import { IMPORTS_PATH, ORDERS_IMPORT } from './orders-import.job';

export interface ImportRequest {
  labels: GivenLabels;
  settings: ImportSettings;
  idempotencyKey: string | undefined;
  /** The length of the file, where the request declares it. */
  declaredBytes: number | undefined;
}

/** Imports in the background: takes the file, and shows what became of it. */
@Injectable()
export class OrderImportsService {
  constructor(
    private readonly uploads: OrderUploadsService,
    private readonly submission: JobSubmissionService,
    private readonly jobs: JobsService,
    private readonly failures: ImportFailures,
  ) {}

  /**
   * Stores the file and accepts the job of importing it. What can be refused without the file is refused before it is
   * read, and a request that was answered before stores nothing again.
   *
   * @throws AppError `empty_file` (422), and as `OrderUploadsService.store` and `JobSubmissionService` do
   */
  async submit(client: Client, file: Readable, request: ImportRequest): Promise<Job> {
    const { labels, settings, idempotencyKey } = request;
    const repeated =
      idempotencyKey === undefined
        ? undefined
        : await this.submission.withKey(client.id, idempotencyKey, async () => {
            const { bytes, sha256 } = await measured(file);
            return jobRequest(bytes, sha256, settings, labels);
          });
    if (repeated !== undefined) return repeated;
    await this.submission.requireQuota(ORDERS_IMPORT, client.id);
    const id = newId();
    const { key, bytes, sha256 } = await this.uploads.store(file, {
      clientId: client.id,
      jobId: id,
      declaredBytes: request.declaredBytes,
    });
    let job: Job | undefined;
    try {
      if (bytes === 0) throw new AppError('unprocessable', 'empty_file', 'The file is empty.');
      job = await this.submission.submit(ORDERS_IMPORT, {
        id,
        clientId: client.id,
        ...labels,
        request: jobRequest(bytes, sha256, settings, labels),
        parameters: { file: key, bytes, settings },
        idempotencyKey,
      });
      return job;
    } finally {
      // Refused, or the same request again: its job has the file of the first.
      if (job?.id !== id) await this.uploads.discard(key);
    }
  }

  async get(client: Client, id: string): Promise<{ job: Job; failure: ImportFailure | undefined }> {
    const job = await this.jobs.get(client.id, id, [ORDERS_IMPORT.name]);
    return { job, failure: await this.failures.find(job.id) };
  }

  list<T>(client: Client, query: JobPageQuery, present: (job: Job) => T): Promise<Page<T>> {
    return this.jobs.list(client.id, { types: [ORDERS_IMPORT.name], tag: query.tag }, query, present);
  }
}

/**
 * What the caller asked for, with all that decides what becomes of it: the same key with anything else is refused. What is as
 * in every plain import is not said, so that a request of before there were settings is the same.
 */
const jobRequest = (
  bytes: number,
  sha256: string,
  settings: ImportSettings,
  labels: GivenLabels,
): JobRequest => ({
  method: 'POST',
  path: IMPORTS_PATH,
  body: { bytes, sha256, ...optionsOf(PLAIN, settings), currency: settings.currency, ...labels },
});

const OPTIONS: Record<keyof ImportSettings, string> = {
  format: 'format',
  gzipped: 'gzipped',
  charset: 'charset',
  onConflict: 'on_conflict',
  preset: 'preset',
  dryRun: 'dry_run',
  columnMap: 'column_map',
  currency: 'currency',
  timeZone: 'time_zone',
  status: 'status',
};

const optionsOf = (plain: ImportSettings, settings: ImportSettings): Record<string, unknown> =>
  Object.fromEntries(
    (Object.keys(OPTIONS) as (keyof ImportSettings)[])
      .filter((option) => !isDeepStrictEqual(settings[option], plain[option]))
      .map((option) => [OPTIONS[option], settings[option]]),
  );

async function measured(file: Readable): Promise<{ bytes: number; sha256: string }> {
  const measure = new Measure(ORDER_LIMITS.importBytes);
  try {
    // It is only counted: what it holds was stored before.
    const passing = measure.pass(file);
    while ((await passing.next()).done !== true) continue;
  } catch (error) {
    throw refusalOf(error);
  }
  return measure.result();
}
