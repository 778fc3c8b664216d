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

  /**
   * Never throws.
   *
   * @param target throws when there is no key to sign with
   */
  async make(
    delivery: ClaimedDelivery,
    url: URL,
    target: () => DeliveryTarget,
    stop: AbortSignal,
  ): Promise<Outcome> {
    const startedAt = new Date();
    const answer = await this.post(delivery, url, target, startedAt, stop).catch(notSent);
    const retryAfter = retryAfterMs(answer.retryAfter, Date.now());
    return {
      delivery,
      startedAt,
      answer,
      retryAfter,
      nextAttemptAt: this.next(delivery, answer, retryAfter),
    };
  }

  private async post(
    delivery: ClaimedDelivery,
    url: URL,
    target: () => DeliveryTarget,
    startedAt: Date,
    stop: AbortSignal,
  ): Promise<CallbackAnswer> {
    const { keys, tls, profile } = target();
    return this.client.post({
      url,
      headers: callbackHeaders(delivery.message_id, delivery.body, keys, startedAt),
      body: delivery.body,
      tls,
      profile,
      timeoutMs: this.config.callbackTimeoutMs,
      stop,
    });
  }

  private next(delivery: ClaimedDelivery, answer: CallbackAnswer, retryAfter: number | null): Date | null {
    if (answer.failure === null || answer.failure === CallbackFailure.Gone) return null;
    // Our own end is nobody's failure: due again at once.
    if (answer.failure === CallbackFailure.Interrupted) return new Date();
    const delay = nextAttemptIn(this.config.callbackRetrySchedule, delivery.failures + 1, retryAfter);
    return delay === null ? null : new Date(Date.now() + delay);
  }
}

/** It failed before there was a request: nothing was sent, and it is tried again as after any other failure. */
const notSent = (error: unknown): CallbackAnswer => ({
  failure: CallbackFailure.Internal,
  status: null,
  address: null,
  timings: { total: 0 },
  detail: error instanceof Error ? error.message : String(error),
  response: null,
  retryAfter: null,
});
