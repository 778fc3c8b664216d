import { AppError } from '../../common/app-error';
import { retryAfterSeconds } from '../../common/retry-after';
import { DeliveryState } from './delivery';

/** A delivery that is asked for once more, and whom it goes to. */
export interface RedeliveryTarget {
  state: DeliveryState;
  /** Seconds until the attempt that is under way has ended or been given up. */
  lease_left: number | null;
  /** `null` once its endpoint was removed. */
  destination_id: string | null;
  disabled_reason: string | null;
  /** `null` of a URL that is no endpoint. */
  verified: boolean | null;
  /** There is nothing left to be delivered. */
  erased: boolean;
}

/** Under the lock of the destination: nobody claims it meanwhile, nor is its message erased. */
export const REDELIVERY_TARGET = `
  SELECT d.state, extract(epoch FROM d.lease_until - now())::float8 AS lease_left, t.id AS destination_id, t.disabled_reason,
    CASE WHEN e.id IS NOT NULL THEN e.verified_at IS NOT NULL END AS verified, m.body IS NULL AS erased
  FROM delivery d JOIN webhook_message m ON m.id = d.message_id LEFT JOIN webhook_destination t ON t.id = d.destination_id
    LEFT JOIN webhook_endpoint e ON e.id = t.endpoint_id
  WHERE d.id = $1 AND d.client_id = $2 FOR SHARE OF m`;

const DETAILS = {
  under_way: 'It is being delivered just now.',
  endpoint_removed: 'Its endpoint was removed.',
  endpoint_unverified: 'Its endpoint is not verified.',
  endpoint_disabled: 'Its endpoint is disabled.',
} as const;

/** @returns a 410 when it was erased, a 409 that names the reason, `null` when it may be delivered again */
export function refusalOf(target: RedeliveryTarget): AppError | null {
  if (target.erased)
    return new AppError('gone', 'erased', 'The event was erased, with the person that it was about.');
  const reason = reasonOf(target);
  if (reason === null) return null;
  return new AppError('conflict', 'not_redeliverable', DETAILS[reason], {
    extensions: { reason },
    ...(reason === 'under_way' && { retryAfter: retryAfterSeconds(target.lease_left ?? 0) }),
  });
}

function reasonOf({
  state,
  destination_id,
  disabled_reason,
  verified,
}: RedeliveryTarget): keyof typeof DETAILS | null {
  if (destination_id === null) return 'endpoint_removed';
  // One that fails is asked whether it works again.
  if (disabled_reason !== null && disabled_reason !== 'failing') return 'endpoint_disabled';
  if (verified === false) return 'endpoint_unverified';
  return state === DeliveryState.Delivering ? 'under_way' : null;
}
