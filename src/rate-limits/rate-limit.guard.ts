import { ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { Response } from 'express';
import { AppError } from '../common/app-error';
import { announce } from './rate-limit-headers';

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

/** Counts a request against one allowance, tells the caller what is left, and refuses it when nothing is. */
@Injectable()
export abstract class RateLimitGuard extends ThrottlerGuard {
  /** The names of the policies that this guard counts. */
  protected abstract readonly policies: readonly string[];

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name = '' }) => this.policies.includes(name));
  }

  protected override async handleRequest(request: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, blockDuration, throttler, getTracker, generateKey } = request;
    const { req, res } = this.getRequestResponse(context) as { req: Record<string, unknown>; res: Response };
    const policy = throttler.name ?? '';
    const key = generateKey(context, await getTracker(req, context), policy);
    const { totalHits, timeToExpire } = await this.storageService.increment(
      key,
      ttl,
      limit,
      blockDuration,
      policy,
    );
    const resetSeconds = Math.max(1, timeToExpire);
    const remaining = Math.max(0, limit - totalHits);
    announce(res, { policy, quota: limit, windowSeconds: ttl / 1_000, remaining, resetSeconds });
    if (totalHits <= limit) return true;
    throw new AppError('too_many', 'quota_exceeded', 'You have sent too many requests for now.', {
      retryAfter: resetSeconds,
      extensions: { type: QUOTA_EXCEEDED, 'violated-policies': [policy] },
    });
  }

  /** One allowance for all routes of a policy. */
  protected override generateKey(_context: ExecutionContext, tracker: string, policy: string): string {
    return `rate:${policy}:${tracker}`;
  }
}
