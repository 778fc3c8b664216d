import { Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import type { Response } from 'express';
import { AppError } from '../common/app-error';
import { announce } from './rate-limit-headers';

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

interface Allowance {
  policy: string;
  limit: number;
  /** Of the window, in milliseconds. */
  ttl: number;
  blockDuration: number;
}

/** One allowance for all routes of a policy. */
export const keyOf = (policy: string, tracker: string): string => `rate:${policy}:${tracker}`;

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
    const { context, limit, ttl, blockDuration, throttler, getTracker } = request;
    const { req, res } = this.getRequestResponse(context) as { req: Record<string, unknown>; res: Response };
    const policy = throttler.name ?? '';
    await this.admit(res, keyOf(policy, await getTracker(req, context)), {
      policy,
      limit,
      ttl,
      blockDuration,
    });
    return true;
  }

  /** @throws AppError 429 */
  protected async admit(
    response: Response,
    key: string,
    { policy, limit, ttl, blockDuration }: Allowance,
  ): Promise<void> {
    const { totalHits, timeToExpire } = await this.storageService.increment(
      key,
      ttl,
      limit,
      blockDuration,
      policy,
    );
    const resetSeconds = Math.max(1, timeToExpire);
    const remaining = Math.max(0, limit - totalHits);
    announce(response, { policy, quota: limit, windowSeconds: ttl / 1_000, remaining, resetSeconds });
    if (totalHits <= limit) return;
    throw new AppError('too_many', 'quota_exceeded', 'You have sent too many requests for now.', {
      retryAfter: resetSeconds,
      extensions: { type: QUOTA_EXCEEDED, 'violated-policies': [policy] },
    });
  }
}
