import { ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ApiKeyRecognition } from '../clients/api-key-recognition.service';
import { bearerOf } from '../clients/bearer';
import { PUBLIC } from '../clients/require-scope.decorator';
import { RatePolicy } from '../common/http/rate-policy';
import { RateLimitGuard } from './rate-limit.guard';

/**
 * Before authentication: counts by address whatever comes without a key that is known to be good, so that nobody can
 * try keys, or keep the database busy with looking for them. Many clients behind one address do not get into each
 * other's way.
 */
@Injectable()
export class AddressLimitGuard extends RateLimitGuard {
  @Inject() private readonly recognition: ApiKeyRecognition;
  protected readonly policies = ['address'];

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride(RatePolicy, targets) === 'none') return Promise.resolve(true);
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true)
      return Promise.resolve(false);
    const key = bearerOf(context.switchToHttp().getRequest<Request>());
    return Promise.resolve(key !== undefined && this.recognition.isKnown(key));
  }
}
