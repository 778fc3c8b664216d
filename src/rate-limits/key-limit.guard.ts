import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { ThrottlerRequest } from '@nestjs/throttler';
import { isUUID } from 'class-validator';
import type { Response } from 'express';
import type { Caller } from '../clients/client';
import type { AuthenticatedRequest } from '../clients/current-client.decorator';
import { KEY_POLICIES, type KeyPolicy } from '../common/http/rate-policy';
import { AppConfig } from '../config/app-config';
import { JobsService } from '../jobs/jobs.service';
import { RateLimitGuard } from './rate-limit.guard';
import { RateLimitsService } from './rate-limits.service';

/** A key polls its own jobs, and perhaps those of some more keys of its client: nobody's one key needs those of more. */
const KEYS_FOLLOWED_BY_ONE = 10;

/**
 * After authentication: counts by API key, by the policy of the route; polls by key and job. Whatever comes with a token is a
 * poll of its job, in a window that those who have tokens share: they use up nothing of the key's own.
 */
@Injectable()
export class KeyLimitGuard extends RateLimitGuard {
  @Inject() private readonly config: AppConfig;
  @Inject() private readonly limits: RateLimitsService;
  @Inject() private readonly jobs: JobsService;
  protected readonly policies = KEY_POLICIES;

  /** A public route has no caller: its address was counted. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(context.switchToHttp().getRequest<AuthenticatedRequest>().caller === undefined);
  }

  protected override async handleRequest({ context, throttler }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const { caller, params } = http.getRequest<AuthenticatedRequest & { caller: Caller }>();
    const response = http.getResponse<Response>();
    const policy = throttler.name as KeyPolicy;
    const { keyId, token } = caller;
    if (token !== undefined) await this.limits.admit(response, 'poll', `token:${keyId}:${token.jobId}`);
    else if (policy === 'poll') await this.admitPoll(response, caller, String(params['id']).toLowerCase());
    else await this.limits.admit(response, policy, keyId);
    return true;
  }

  private async admitPoll(response: Response, caller: Caller, jobId: string): Promise<void> {
    const { keyId } = caller;
    const tracker = `${keyId}:${jobId}`;
    // Only jobs of the caller's have a window: who polls random ids makes none.
    const isFollowed = this.limits.known('poll', tracker) > 0;
    if (!isFollowed && !(await this.mayFollow(caller, jobId))) {
      await this.limits.admit(response, 'other', keyId);
      return;
    }
    const polls = await this.limits.admit(response, 'poll', tracker);
    if (polls === 1) await this.limits.count('followed', keyId, this.mostFollowed());
  }

  private async mayFollow({ client, keyId }: Caller, jobId: string): Promise<boolean> {
    if (!isUUID(jobId) || this.limits.known('followed', keyId) >= this.mostFollowed()) return false;
    // Who has used up two allowances on ids that are not its own does not heed `Retry-After`, and is not looked up for.
    const mostMissed = 2 * this.limits.limitOf('other');
    if (this.limits.known('missed', keyId) >= mostMissed) return false;
    const exists = await this.jobs.exists(client.id, jobId);
    if (!exists) await this.limits.count('missed', keyId, mostMissed);
    return exists;
  }

  /** Jobs that a key may poll in a minute, each within its own limit; of further ones a poll is an other request. */
  private mostFollowed(): number {
    const { maxJobsInFlight, rateLimits } = this.config;
    return KEYS_FOLLOWED_BY_ONE * (maxJobsInFlight + rateLimits.submit);
  }
}
