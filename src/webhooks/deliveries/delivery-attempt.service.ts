import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { CallbackAnswer, CallbackClient } from '../egress/callback-client.service';
import { CallbackFailure } from '../egress/callback-failure';
import { callbackHeaders } from '../signing/callback-headers';
import type { ClaimedDelivery } from './delivery-claims';
import type { Outcome } from './delivery-outcome';
import type { DeliveryTarget } from './delivery-targets.service';
import { retryAfterMs } from './retry-after';
import { nextAttemptIn } from './retry-policy';

/** Makes one attempt, and decides what follows from it. */
@Injectable()
export class DeliveryAttempt {
  constructor(
    private readonly config: AppConfig,
    private readonly client: CallbackClient,
  ) {}

  /** Never throws. */
  async make(delivery: ClaimedDelivery, target: DeliveryTarget, stop: AbortSignal): Promise<Outcome> {
    const startedAt = new Date();
    const answer = await this.client.post({
      url: new URL(delivery.url),
      headers: callbackHeaders(delivery.message_id, delivery.body, target.keys, startedAt),
      body: delivery.body,
      tls: target.tls,
      profile: target.profile,
      timeoutMs: this.config.callbackTimeoutMs,
      stop,
    });
    const retryAfter = retryAfterMs(answer.retryAfter, Date.now());
    return {
      delivery,
      startedAt,
      answer,
      retryAfter,
      nextAttemptAt: this.next(delivery, answer, retryAfter),
    };
  }

  private next(delivery: ClaimedDelivery, answer: CallbackAnswer, retryAfter: number | null): Date | null {
    if (answer.failure === null || answer.failure === CallbackFailure.Gone) return null;
    // Our own end is nobody's failure: due again at once.
    if (answer.failure === CallbackFailure.Interrupted) return new Date();
    const delay = nextAttemptIn(this.config.callbackRetrySchedule, delivery.failures + 1, retryAfter);
    return delay === null ? null : new Date(Date.now() + delay);
  }
}
