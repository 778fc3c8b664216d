import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { AppError } from '../common/app-error';
import { ADDRESS_POLICIES, type AddressPolicy, type KeyPolicy } from '../common/http/rate-policy';
import { AppConfig } from '../config/app-config';
import { setRateLimitHeaders } from './rate-limit-headers';
import { RateLimitStorageService } from './rate-limit-storage.service';

export const WINDOW_MS = 60_000;

type Policy = KeyPolicy | AddressPolicy;

/** Counts requests against allowances: so many of a policy in a minute, for each key, job or address. */
@Injectable()
export class RateLimitsService {
  constructor(
    private readonly config: AppConfig,
    private readonly storage: RateLimitStorageService,
  ) {}

  /**
   * Counts a request, and says in its answer's headers what is left.
   *
   * @param tracker whose allowance it is
   * @returns how many requests of the window it makes
   * @throws AppError 429 when nothing was left
   */
  async admit(response: Response, policy: Policy, tracker: string): Promise<number> {
    const limit = this.limitOf(policy);
    const { hits, resetSeconds } = await this.count(policy, tracker, limit);
    setRateLimitHeaders(response, {
      policy,
      quota: limit,
      windowSeconds: WINDOW_MS / 1_000,
      remaining: Math.max(0, limit - hits),
      resetSeconds,
    });
    if (hits <= limit) return hits;
    throw new AppError('too_many', 'quota_exceeded', 'You have sent too many requests for now.', {
      retryAfter: resetSeconds,
      extensions: { 'violated-policies': [policy] },
    });
  }

  /** Counts what is no allowance of its own, in the same windows. */
  async count(name: string, tracker: string, limit: number): Promise<{ hits: number; resetSeconds: number }> {
    const { totalHits, timeToExpire } = await this.storage.increment(keyOf(name, tracker), WINDOW_MS, limit);
    return { hits: totalHits, resetSeconds: timeToExpire };
  }

  /** What this process knows to be counted in the window that is open now. Waits for nothing. */
  known(name: string, tracker: string): number {
    return this.storage.known(keyOf(name, tracker));
  }

  limitOf(policy: Policy): number {
    return this.config.rateLimits[isOfAddress(policy) ? 'address' : policy];
  }
}

const keyOf = (name: string, tracker: string): string => `rate:${name}:${tracker}`;

const isOfAddress = (policy: Policy): policy is AddressPolicy =>
  (ADDRESS_POLICIES as readonly string[]).includes(policy);
