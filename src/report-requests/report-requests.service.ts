import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { ArtifactMissingError, ArtifactStore, ByteRange } from '../artifacts/artifact-store';
import type { Client } from '../clients/client';
import { AppError } from '../common/app-error';
import type { Page, PageQuery } from '../common/pagination';
import { retryAfterSeconds } from '../common/retry-after';
import { JobCancellation } from '../jobs/job-cancellation.service';
import type { Job } from '../jobs/job';
import { JobEta } from '../jobs/job-eta.service';
import { failureOf } from '../jobs/job-problem';
import { JobQueries } from '../jobs/job-queries';
import { JobState } from '../jobs/job-state';
import { JobSubmission } from '../jobs/job-submission.service';
import { ORDERS_REPORT, OrdersReportResult, reportKey, toReportParameters } from './orders-report.job';
import { ReportLimits } from './report-limits.service';
import type { ReportRequest } from './report-request.dto';

export const REPORTS_PATH = '/v1/orders/reports';

/** A finished report: what the download needs. */
export interface FinishedReport {
  job: Job;
  artifact: OrdersReportResult['artifact'];
}

/** The report operation: submit, look, cancel, fetch. */
@Injectable()
export class ReportRequests {
  constructor(
    private readonly submission: JobSubmission,
    private readonly queries: JobQueries,
    private readonly cancellation: JobCancellation,
    private readonly eta: JobEta,
    private readonly artifacts: ArtifactStore,
    private readonly limits: ReportLimits,
  ) {}

  /** @throws AppError 422 when the report would be longer than reports may be, and what `JobSubmission.submit` throws */
  async submit(client: Client, request: ReportRequest, idempotencyKey: string | undefined): Promise<Job> {
    const parameters = toReportParameters(request, client);
    const submission = {
      clientId: client.id,
      request: { method: 'POST', path: REPORTS_PATH, body: request },
      parameters,
      idempotencyKey,
      callbackUrl: request.callback_url ?? undefined,
    };
    let deadlineSeconds: number;
    try {
      deadlineSeconds = await this.limits.admit(client.id, parameters);
    } catch (refusal) {
      // A repeated request is answered with its job, however its orders have grown since.
      const known = await this.submission.known(submission);
      if (known === undefined) throw refusal;
      return known;
    }
    return this.submission.submit(ORDERS_REPORT, { ...submission, deadlineSeconds });
  }

  get(client: Client, id: string): Promise<Job> {
    return this.queries.get(client.id, id, [ORDERS_REPORT.name]);
  }

  list<T>(client: Client, query: PageQuery, present: (job: Job) => T): Promise<Page<T>> {
    return this.queries.list(client.id, { types: [ORDERS_REPORT.name] }, query, present);
  }

  async cancel(client: Client, id: string): Promise<Job> {
    const job = await this.get(client, id);
    return this.cancellation.cancel(client.id, job.id);
  }

  /**
   * The finished report.
   *
   * @throws AppError 409 with `Retry-After` while it is not ready, 410 when it was cancelled or has expired, and the
   *   failure itself when it failed
   */
  async finished(client: Client, id: string): Promise<FinishedReport> {
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
        return { job, artifact: (job.result as OrdersReportResult).artifact };
    }
  }

  /** @throws AppError 410 when the report's retention is over */
  refuseExpired(job: Job): void {
    if (job.expires_at !== null && job.expires_at <= new Date()) throw expired();
  }

  /** @throws AppError 410 when retention deleted the file in the meantime */
  async open({ job }: FinishedReport, range?: ByteRange): Promise<Readable> {
    try {
      return await this.artifacts.open(reportKey(job.id, job.attempt), range);
    } catch (error) {
      if (error instanceof ArtifactMissingError) throw expired();
      throw error;
    }
  }
}

export const cancelled = (): AppError => new AppError('gone', 'cancelled', 'The report was cancelled.');

const expired = (): AppError =>
  new AppError('gone', 'expired', 'The report has expired and its file was deleted.');
