import { applyDecorators, HttpCode, HttpStatus, Injectable } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
import type { AuthenticatedRequest } from '../../clients/current-client.decorator';
import { RatePolicy } from '../../common/http/rate-policy';
import { retryAfterSeconds } from '../../common/retry-after';
import { AppConfig } from '../../config/app-config';
import { isTerminal, type Job } from '../job';
import type { JobType } from '../job-type';
import { JobTypeRegistry } from '../job-type.registry';
import { JobsService } from '../jobs.service';
import { JobPresenter } from './job.presenter';
import { jobSchema } from './job-schemas';
import { JobView } from './job.view';
import { ApiWait, PreferWait, waitFor } from './prefer-wait';

/** The headers of every 202, for the documents. */
export const ACCEPTED_HEADERS = {
  Location: { description: 'Where to poll.', schema: { type: 'string', format: 'uri-reference' } },
  'Retry-After': { description: 'Seconds to wait before polling.', schema: { type: 'integer' } },
  'Idempotency-Replayed': {
    description: '`true`: the `Idempotency-Key` was used before, and this is the job that it made then.',
    schema: { type: 'string', example: 'true' },
  },
} as const;

/**
 * Marks a route that accepts a job: 202, `Idempotency-Key`, `Prefer: wait=N`, and how many of them a client may send.
 *
 * @param type of the job; without it any
 * @param sent what the request carries, as callers call it
 */
export const AcceptsJob = (type?: JobType, sent: 'body' | 'file' = 'body'): MethodDecorator =>
  applyDecorators(
    RatePolicy('submit'),
    HttpCode(HttpStatus.ACCEPTED),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: `The same key and ${sent} give the same job for 24 hours; another ${sent} gives 422.`,
      schema: { type: 'string', maxLength: 255 },
    }),
    ApiWait(),
    ApiAcceptedResponse({
      ...(type ? { schema: jobSchema(type, 'JobView') } : { type: JobView }),
      description: 'Accepted: it will end, whatever happens to us.',
      headers: ACCEPTED_HEADERS,
    }),
  );

/** How an accepted job is answered, whatever it is and by whichever route it came. */
@Injectable()
export class Acceptance {
  constructor(
    private readonly config: AppConfig,
    private readonly wait: PreferWait,
    private readonly jobs: JobsService,
    private readonly presenter: JobPresenter,
    private readonly registry: JobTypeRegistry,
  ) {}

  /**
   * Waits for the end as long as the request prefers.
   *
   * @returns the job as it is then, and whether it was waited for
   */
  async settled(
    accepted: Job,
    request: AuthenticatedRequest,
    response: Response,
  ): Promise<{ job: Job; waited: boolean }> {
    if (accepted.replayed) response.set('Idempotency-Replayed', 'true');
    const waited = await this.wait.hold(request, response, waitFor(accepted));
    if (!waited) return { job: accepted, waited };
    return { job: await this.jobs.get(accepted.client_id, accepted.id, [accepted.type]), waited };
  }

  /**
   * Waits for the end as long as the request prefers, and answers what has not ended by then: 202 with `Location` and
   * `Retry-After`.
   *
   * @returns the view for the 202; or the job that has ended meanwhile, of which the route knows what to answer
   */
  async answer(
    accepted: Job,
    request: AuthenticatedRequest,
    response: Response,
  ): Promise<{ view: JobView } | { ended: Job }> {
    const { job, waited } = await this.settled(accepted, request, response);
    if (waited && isTerminal(job.state)) return { ended: job };
    const view = await this.presenter.view(job);
    const statusPath = this.registry.find(job.type)?.resource?.statusPath ?? '/v1/jobs/{id}';
    this.accepted(response, this.config.publicPath + statusPath.replace('{id}', job.id), view.eta_seconds);
    return { view };
  }

  /**
   * Answers 202, with `Location` and `Retry-After`.
   *
   * @param href where to poll
   * @param etaSeconds when the job will have ended, as far as is known
   */
  accepted(response: Response, href: string, etaSeconds: number | null): void {
    response.status(HttpStatus.ACCEPTED).location(href);
    response.set('Retry-After', String(retryAfterSeconds(etaSeconds ?? 1)));
  }
}
