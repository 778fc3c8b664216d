import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ApiKeyRecognition } from '../clients/api-key-recognition.service';
import { bearerOf } from '../clients/bearer';
import { PUBLIC } from '../clients/require-scope.decorator';
import { RatePolicy } from '../common/http/rate-policy';
import { keyOf, RateLimitGuard } from './rate-limit.guard';

/**
 * Before authentication: counts by address whatever comes without a key that is known to be good, so that nobody can
 * try keys, or keep the database busy with looking for them. Many clients behind one address do not get into each
 * other's way.
 */
@Injectable()
export class AddressLimitGuard extends RateLimitGuard {
  @Inject() private readonly recognition: ApiKeyRecognition;
  protected readonly policies = ['address'];

  /** The same for what is no route of a controller. @throws AppError 429 */
  async count(request: Request, response: Response): Promise<void> {
    const { limit, ttl } = this.throttlers[0] as { limit: number; ttl: number };
    const allowance = { policy: 'address', limit, ttl, blockDuration: ttl };
    await this.admit(response, keyOf('address', request.ip ?? ''), allowance);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride(RatePolicy, targets) === 'none') return Promise.resolve(true);
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true)
      return Promise.resolve(false);
    const key = bearerOf(context.switchToHttp().getRequest<Request>());
    return Promise.resolve(key !== undefined && this.recognition.isKnown(key));
  }
}
