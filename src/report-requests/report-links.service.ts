import { Injectable } from '@nestjs/common';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { Caller } from '../clients/client';
import { AppError } from '../common/app-error';
import { SharedKeysService } from '../database/shared-keys.service';
import { JobState } from '../jobs/job';
import { JobEntity } from '../jobs/job.entity';
import type { ReportFormat } from './formats/report-format';
import { ORDERS_REPORT } from './orders-report.job';
import { FinishedReport, madeIn, ReportRequestsService } from './report-requests.service';

const LIFETIME_SECONDS = 300;
const KEY = 'report links';

export interface ReportLink {
  jobId: string;
  /** `undefined`: the first file of the report. */
  format: ReportFormat | undefined;
  /** Seconds since the epoch. */
  expires: number;
  /** HMAC-SHA256 in base64url. */
  signature: string;
}

/**
 * Links that open a report without an API key, for a browser's own viewer. Each is good for one file (by its SHA-256)
 * and for a few minutes, and no longer than the report itself, or the token that it was asked for with.
 */
@Injectable()
export class ReportLinksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: SharedKeysService,
    private readonly reports: ReportRequestsService,
  ) {}

  /** @throws AppError as a download would */
  async make(
    { client, token }: Caller,
    id: string,
    format?: ReportFormat,
  ): Promise<ReportLink & FinishedReport> {
    const report = await this.reports.finished(client, id, format);
    const lifetimeEnd = Math.floor(Date.now() / 1_000) + LIFETIME_SECONDS;
    const ends = [report.job.expires_at?.getTime(), token?.endsAt].filter((end) => end !== undefined);
    const expires = Math.min(lifetimeEnd, ...ends.map((end) => Math.floor(end / 1_000)));
    return {
      ...report,
      jobId: id,
      format,
      expires,
      signature: (await this.sign(report, expires)).toString('base64url'),
    };
  }

  /**
   * The report that a link opens.
   *
   * @throws AppError 403 when it is not one of ours, for whatever reason; 410 when its time or the report's is over
   */
  async open({ jobId, format, expires, signature }: ReportLink): Promise<FinishedReport> {
    // No client in this query: the signature, which names it, is what allows the access.
    const job = await this.dataSource.manager.findOneBy(JobEntity, {
      id: jobId,
      type: ORDERS_REPORT.name,
      state: JobState.Completed,
    });
    const artifact = job === null ? undefined : madeIn(job, format);
    const report = job === null || artifact === undefined ? undefined : { job, artifact };
    const given = Buffer.from(signature, 'base64url');
    const expected = report ? await this.sign(report, expires) : undefined;
    if (report === undefined || expected?.length !== given.length || !timingSafeEqual(expected, given)) {
      throw new AppError('forbidden', 'invalid_signature', 'This link was not made by us.');
    }
    if (expires * 1_000 <= Date.now())
      throw new AppError('gone', 'link_expired', 'This link has expired: ask for a new one.');
    this.reports.refuseExpired(report.job);
    return report;
  }

  private async sign({ job, artifact }: FinishedReport, expires: number): Promise<Buffer> {
    return createHmac('sha256', await this.keys.get(KEY))
      .update(['report', job.id, job.client_id, artifact.sha256, expires].join('\n'))
      .digest();
  }
}
