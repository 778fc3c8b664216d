import { Injectable } from '@nestjs/common';
import type { RequestHandler } from 'express';
import type { Request, Response } from 'express';
import type { AddressPolicy } from '../common/http/rate-policy';
import { RateLimitsService } from './rate-limits.service';

/** What an address may ask for without a key. */
@Injectable()
export class AddressLimitsService {
  constructor(private readonly limits: RateLimitsService) {}

  /** @throws AppError 429 */
  async admit(request: Request, response: Response, policy: AddressPolicy): Promise<void> {
    await this.limits.admit(response, policy, request.ip ?? '');
  }

  /** For what is no route of a controller. */
  middleware(policy: AddressPolicy): RequestHandler {
    return (request, response, next) => {
      this.admit(request, response, policy).then(() => next(), next);
    };
  }
}
