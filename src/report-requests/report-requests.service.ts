import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { ArtifactMissingError, ArtifactStore, ByteRange } from '../artifacts/artifact-store';
import type { Actor } from '../clients/audit-entry';
import type { Client } from '../clients/client';
import { AppError } from '../common/app-error';
import type { Page } from '../common/pagination';
import { retryAfterSeconds } from '../common/retry-after';
import type { JobPageQuery } from '../jobs/http/job-list.query';
import { JobsService } from '../jobs/jobs.service';
import { type Job, JobState } from '../jobs/job';
import { JobEtaService } from '../jobs/job-eta.service';
import { erasedError, failureOf } from '../jobs/job-error';
import { JobSubmissionService } from '../jobs/job-submission.service';
import { JobTransitions } from '../jobs/job-transitions';
import { StoreHealthService } from '../jobs/store-health.service';
import type { ReportFormat } from './formats/report-format';
import {
  artifactsOf,
  ORDERS_REPORT,
  OrdersReportResult,
  type ReportArtifact,
  reportKey,
  toReportParameters,
} from './orders-report.job';
import { ReportFilesService } from './report-files.service';
import type { ReportRequest } from './report-request.dto';

export const REPORTS_PATH = '/v1/orders/reports';

/** A finished report: what the download needs. */
export interface FinishedReport {
  job: Job;
  /** The file of it that is meant. */
  artifact: ReportArtifact;
}

/** The report operation: submit, look, cancel, fetch. */
@Injectable()
export class ReportRequestsService {
  constructor(
    private readonly submission: JobSubmissionService,
    private readonly jobs: JobsService,
    private readonly eta: JobEtaService,
    private readonly artifacts: ArtifactStore,
    private readonly transitions: JobTransitions,
    private readonly files: ReportFilesService,
    private readonly storeHealth: StoreHealthService,
  ) {}

  /** @throws AppError what `JobSubmissionService.submit` throws */
  async submit(client: Client, request: ReportRequest, idempotencyKey: string | undefined): Promise<Job> {
    return this.submission.submit(ORDERS_REPORT, {
      clientId: client.id,
      request: { method: 'POST', path: REPORTS_PATH, body: request },
      parameters: toReportParameters(request, client),
      metadata: request.metadata,
      tags: request.tags,
      idempotencyKey,
      callbackUrl: request.callback_url ?? undefined,
    });
  }

  get(client: Client, id: string): Promise<Job> {
    return this.jobs.get(client.id, id, [ORDERS_REPORT.name]);
  }

  list<T>(client: Client, query: JobPageQuery, present: (job: Job) => T): Promise<Page<T>> {
    return this.jobs.list(client.id, { types: [ORDERS_REPORT.name], tag: query.tag }, query, present);
  }

  async cancel(client: Client, id: string): Promise<Job> {
    const job = await this.get(client, id);
    return this.jobs.cancel(client.id, job.id);
  }

  /**
   * The finished report, with the first of its files, or the one in a format.
   *
   * @throws AppError 404 `no_such_format`; AppError 409 with `Retry-After` while it is not ready, 410 when it was cancelled, erased or has expired, and the
   *   failure itself when it failed
   */
  async finished(client: Client, id: string, format?: ReportFormat): Promise<FinishedReport> {
    const job = await this.get(client, id);
    switch (job.state) {
      case JobState.Pending:
      case JobState.InProgress:
        throw new AppError('conflict', 'not_ready', 'The report is not ready yet.', {
          retryAfter: retryAfterSeconds((await this.eta.seconds(job)) ?? 1),
        });
      case JobState.Cancelled:
        throw cancelled();
      case JobState.Failed:
        throw failureOf(job);
      case JobState.Completed:
        this.refuseExpired(job);
        return { job, artifact: artifactOf(job, format) };
    }
  }

  /**
   * Deletes the files of a finished report now, before its retention ends it; links to it open nothing any more.
   *
   * The files go first: while the store is away, nothing is said to be deleted that is not.
   *
   * @throws AppError 409 when there is none: it is not ready, or it failed; 410 when there is none any more
   * @throws StoreUnavailableError
   */
  async discard(actor: Actor, id: string): Promise<void> {
    const job = await this.jobs.get(actor.clientId, id, [ORDERS_REPORT.name]);
    if (job.state === JobState.Cancelled) throw cancelled();
    if (job.state !== JobState.Completed)
      throw new AppError('conflict', 'no_file', `The report is ${job.state}: it has no file.`);
    this.refuseExpired(job);
    this.storeHealth.requireUp();
    const { artifacts } = job.result as OrdersReportResult;
    const formats = artifacts?.map(({ format }) => format) ?? [];
    await this.files.delete({ job_id: id, attempt: job.attempt, formats });
    if (!(await this.transitions.expire(actor, id))) throw expired();
  }

  /** @throws AppError 410 when the report was erased, or its retention is over */
  refuseExpired(job: Job): void {
    if (job.erased_at !== null) throw erasedError('report');
    if (job.expires_at !== null && job.expires_at <= new Date()) throw expired();
  }

  /** @throws AppError 410 when retention deleted the file in the meantime; StoreUnavailableError */
  async open({ job, artifact }: FinishedReport, range?: ByteRange): Promise<Readable> {
    this.storeHealth.requireUp();
    const { artifacts } = job.result as OrdersReportResult;
    const format = artifacts === undefined ? null : artifact.format;
    try {
      return await this.artifacts.open(reportKey(job.id, job.attempt, format), range);
    } catch (error) {
      if (error instanceof ArtifactMissingError) throw expired();
      throw error;
    }
  }
}

/** The first of a report's files, or the one in a format; `undefined` when it was not asked for in this format. */
export function madeIn({ result }: Job, format: ReportFormat | undefined): ReportArtifact | undefined {
  const artifacts = artifactsOf(result as OrdersReportResult);
  return format === undefined ? artifacts[0] : artifacts.find((each) => each.format === format);
}

/** @throws AppError 404 when the report was not asked for in this format */
function artifactOf(job: Job, format: ReportFormat | undefined): ReportArtifact {
  const artifact = madeIn(job, format);
  if (artifact !== undefined) return artifact;
  const made = artifactsOf(job.result as OrdersReportResult)
    .map((each) => each.format)
    .join(', ');
  throw new AppError(
    'not_found',
    'no_such_format',
    `The report is not there as ${format}: it was made as ${made}.`,
  );
}

export const cancelled = (): AppError => new AppError('gone', 'cancelled', 'The report was cancelled.');

const expired = (): AppError =>
  new AppError('gone', 'expired', 'The report has expired and its file was deleted.');
