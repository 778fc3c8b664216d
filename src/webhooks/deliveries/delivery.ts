import type { CallbackTimings } from '../egress/callback-client.service';
import type { DisabledReason } from './destination';

export enum DeliveryState {
  Pending = 'PENDING',
  Delivering = 'DELIVERING',
  Delivered = 'DELIVERED',
  /** Given up: the schedule is used up, or the receiver wants no more. */
  Exhausted = 'EXHAUSTED',
}

/** A row of the delivery table with what its message is about, and how its destination is. */
export interface Delivery {
  id: string;
  message_id: string;
  type: string;
  job_id: string | null;
  endpoint_id: string | null;
  url: string;
  state: DeliveryState;
  attempt: number;
  failure: string | null;
  due_at: Date;
  created_at: Date;
  finished_at: Date | null;
  /** `null` when its endpoint was removed, and so are those of the destination that follow. */
  destination_id: string | null;
  destination_failures: number | null;
  failing_since: Date | null;
  paused_until: Date | null;
  disabled_reason: DisabledReason | null;
  disabled_at: Date | null;
}

export interface DeliveryAttemptRow {
  attempt: number;
  started_at: Date;
  outcome: string;
  status: number | null;
  address: string | null;
  timings: Partial<CallbackTimings>;
  detail: string | null;
  response: string | null;
  next_attempt_at: Date | null;
}

export const SELECT_DELIVERY = `
  SELECT d.id, d.message_id, m.type, m.job_id, d.endpoint_id, d.url, d.state, d.attempt, d.failure,
    greatest(CASE WHEN d.epoch < t.epoch THEN least(d.due_at, now()) ELSE d.due_at END, t.paused_until) AS due_at, d.created_at, d.finished_at,
    t.id AS destination_id, t.failures AS destination_failures, t.failing_since, t.paused_until, t.disabled_reason, t.disabled_at
  FROM delivery d JOIN webhook_message m ON m.id = d.message_id
    LEFT JOIN webhook_destination t ON t.id = d.destination_id`;
