import type { CallbackAnswer } from '../egress/callback-client.service';
import type { ClaimedDelivery } from './delivery-claims';

/** How an attempt ended, and what follows from it. */
export interface Outcome {
  delivery: ClaimedDelivery;
  startedAt: Date;
  answer: CallbackAnswer;
  /** `null`: no further attempt. */
  nextAttemptAt: Date | null;
  /** Milliseconds that the receiver asked for. */
  retryAfter: number | null;
}
