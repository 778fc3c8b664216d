import { Injectable, Logger } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import { AppConfig } from '../../config/app-config';
import { CallbackAnswer, CallbackClientService, CallbackRequest } from '../egress/callback-client.service';
import { CallbackFailure, revealsNetwork } from '../egress/callback-failure';
import { callbackHeaders } from '../signing/callback-headers';
import type { ClaimedDelivery } from './delivery-claims';
import type { DeliveryTarget } from './delivery-targets.service';
import { retryAfterMs } from './retry-after';
import { nextAttemptIn } from './retry-policy';

/** Shorter values of an endpoint's headers are no secrets, and part of other words. */
const SECRET_CHARACTERS = 6;
const HIDDEN = '[header]';

/** How an attempt ended, and what follows from it. */
export interface DeliveryOutcome {
  delivery: ClaimedDelivery;
  startedAt: Date;
  answer: CallbackAnswer;
  /** Milliseconds from when this is stored: the clock of the database says when that is. `null`: no further attempt. */
  nextAttemptIn: number | null;
  /** Milliseconds that the receiver asked for. */
  retryAfter: number | null;
}

/** Makes one attempt, and decides what follows from it. */
@Injectable()
export class DeliveryAttemptService {
  private readonly logger = new Logger(DeliveryAttemptService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly client: CallbackClientService,
  ) {}

  /**
   * Never throws.
   *
   * @param targetOf throws when its keys are not there or cannot be opened
   * @param giveBack called where the receiver has done with it long before its outcome may be shown
   */
  async make(
    delivery: ClaimedDelivery,
    url: URL,
    targetOf: () => DeliveryTarget,
    stop: AbortSignal,
    giveBack: () => void,
  ): Promise<DeliveryOutcome> {
    const startedAt = new Date();
    const answer = await this.post(delivery, url, targetOf, startedAt, stop);
    // How soon it failed would distinguish a closed port from one that says nothing, to somebody who need not own the URL.
    if (delivery.endpoint_id === null && revealsNetwork(answer.failure)) {
      // Who waits here calls nobody: a dead server holds up no other delivery.
      giveBack();
      await untilTime(startedAt.getTime() + this.config.callbackTimeoutMs, stop);
    }
    const retryAfter = retryAfterMs(answer.retryAfter, answer.date, Date.now());
    return {
      delivery,
      startedAt,
      answer,
      retryAfter,
      nextAttemptIn: this.next(delivery, answer, retryAfter),
    };
  }

  private post(
    delivery: ClaimedDelivery,
    url: URL,
    targetOf: () => DeliveryTarget,
    startedAt: Date,
    stop: AbortSignal,
  ): Promise<CallbackAnswer> | CallbackAnswer {
    let request: CallbackRequest;
    let values: string[];
    try {
      const { keys, tls, headers: own, profile } = targetOf();
      const headers = { ...callbackHeaders(delivery.message_id, delivery.body, keys, startedAt), ...own };
      const { body } = delivery;
      request = { url, headers, body, tls, profile, timeoutMs: this.config.callbackTimeoutMs, stop };
      values = Object.values(own);
    } catch (error) {
      this.logger.error(`The delivery ${delivery.id} could not be signed: ${String(error)}`);
      return notSent('It could not be signed.');
    }
    return values.length === 0 ? this.client.post(request) : this.postHiding(request, values);
  }

  /** A receiver may echo what it was sent, and the log shows the start of its answer. */
  private async postHiding(request: CallbackRequest, values: string[]): Promise<CallbackAnswer> {
    const answer = await this.client.post(request);
    if (answer.response === null) return answer;
    const response = values
      .filter((value) => value.length >= SECRET_CHARACTERS)
      .reduce((text, value) => text.replaceAll(value, HIDDEN), answer.response);
    return { ...answer, response };
  }

  private next(delivery: ClaimedDelivery, answer: CallbackAnswer, retryAfter: number | null): number | null {
    if (answer.failure === null || answer.failure === CallbackFailure.Gone) return null;
    // Our own end is nobody's failure: due again at once.
    if (answer.failure === CallbackFailure.Interrupted) return 0;
    return nextAttemptIn(this.config.callbackRetrySchedule, delivery.failures + 1, retryAfter);
  }
}

const notSent = (detail: string): CallbackAnswer => ({
  failure: CallbackFailure.Internal,
  status: null,
  address: null,
  timings: { total: 0 },
  detail,
  response: null,
  retryAfter: null,
  date: null,
});

const untilTime = (time: number, stop: AbortSignal): Promise<void> =>
  setTimeout(Math.max(0, time - Date.now()), undefined, { signal: stop }).catch(() => undefined);
