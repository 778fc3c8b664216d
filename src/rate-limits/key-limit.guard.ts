import { ExecutionContext, Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../clients/current-client.decorator';
import { RateLimitGuard } from './rate-limit.guard';

/** After authentication: counts by API key, by the policy of the route. */
@Injectable()
export class KeyLimitGuard extends RateLimitGuard {
  protected readonly policies = ['submit', 'poll', 'other'];

  /** A public route has no caller: its address was counted. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(context.switchToHttp().getRequest<AuthenticatedRequest>().caller === undefined);
  }

  protected override getTracker(request: AuthenticatedRequest): Promise<string> {
    return Promise.resolve(request.caller?.keyId ?? '');
  }
}
