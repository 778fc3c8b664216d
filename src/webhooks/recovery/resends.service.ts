import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Actor, recordAct } from '../../clients/audit-entry';
import { invalidField } from '../../common/app-error';
import { parseTimestamp } from '../../common/timestamp';
import type { Job, JobRequest } from '../../jobs/job';
import type { GivenLabels } from '../../jobs/job-labels';
import { JobSubmissionService } from '../../jobs/job-submission.service';
import type { JobType } from '../../jobs/job-type';
import { DeliveryState } from '../deliveries/delivery';
import { RecoverOnly, type ResendWindow, WEBHOOKS_RECOVER } from './recover.job';
import { WEBHOOKS_REDELIVER } from './redeliver.job';
import type { RecoverBody, RedeliverBody } from './resend.dto';

/** How it was asked for. */
export interface ResendRequest {
  request: JobRequest;
  idempotencyKey: string | undefined;
}

/** Accepts jobs that resend. */
@Injectable()
export class ResendsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly submission: JobSubmissionService,
  ) {}

  /** @throws AppError 422 for a window that ends before it begins; and what the admission throws */
  recover(actor: Actor, endpointId: string, body: RecoverBody, how: ResendRequest): Promise<Job> {
    const parameters = {
      endpoint_id: endpointId,
      only: body.only ?? RecoverOnly.Failed,
      ...windowOf(body),
    };
    return this.submit(actor, WEBHOOKS_RECOVER, parameters, body, how);
  }

  /** @throws AppError 422 for a window that ends before it begins; and what the admission throws */
  redeliver(actor: Actor, { filter, ...rest }: RedeliverBody, how: ResendRequest): Promise<Job> {
    const { status = [DeliveryState.Exhausted as const], endpoint_id, event_types } = filter;
    const wanted = {
      status,
      ...(endpoint_id !== undefined && { endpoint_id }),
      ...(event_types !== undefined && { event_types }),
    };
    const parameters = { filter: wanted, ...windowOf(rest) };
    return this.submit(actor, WEBHOOKS_REDELIVER, parameters, rest, how);
  }

  private async submit<P extends object, R extends object>(
    actor: Actor,
    type: JobType<P, R>,
    parameters: P,
    { metadata, tags }: GivenLabels,
    how: ResendRequest,
  ): Promise<Job> {
    const { clientId } = actor;
    const job = await this.submission.submit(type, { clientId, parameters, metadata, tags, ...how });
    if (job.replayed === undefined)
      await recordAct(this.dataSource.manager, actor, 'delivery.resend_requested', {
        job_id: job.id,
        ...parameters,
      });
    return job;
  }
}

/** @throws AppError 422 for one that ends before it begins */
function windowOf({ since: from, until: to }: Pick<RecoverBody, 'since' | 'until'>): ResendWindow {
  const [since, until] = [parseTimestamp(from), to === undefined ? new Date() : parseTimestamp(to)];
  if (since === undefined || until === undefined) throw new Error('A time passed that is none.');
  if (since >= until) throw invalidField('until', 'until must be after since, and since not in the future');
  return { since: since.toISOString(), until: until.toISOString() };
}
