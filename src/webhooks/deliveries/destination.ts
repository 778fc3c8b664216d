import { NIL_ID } from '../../common/ids';
import { CIRCUIT_OPENS_AFTER } from './retry-policy';

/** A URL as it is delivered to, and what its health is kept under. */
export interface DestinationOfUrl {
  url: string;
  /** Without its query: what differs from job to job must not make a new destination of each. */
  address: string;
  origin: string;
}

/** @param text a URL that was accepted before */
export function parseDestination(text: string): DestinationOfUrl {
  const url = new URL(text);
  url.hash = '';
  return { url: url.href, address: url.origin + url.pathname, origin: url.origin };
}

/** Why nothing is delivered to it. */
export enum DisabledReason {
  Owner = 'owner',
  /** It answered 410. */
  Gone = 'gone',
  /** It did nothing but fail for days. It is asked now and then, and enabled when it works again. */
  Failing = 'failing',
}

/** A destination by its place in an index of a time and the id. */
export interface DestinationPlace {
  /** As Postgres writes it, with its microseconds. */
  since: string;
  id: string;
}

/** Before every destination. */
export const FIRST_PLACE: DestinationPlace = {
  since: '-infinity',
  id: NIL_ID,
};

/** Whether a destination `t`, with its endpoint `e` if it has one, may be sent anything, in SQL. */
export const GETS_CALLBACKS = `((t.disabled_reason IS NULL OR t.disabled_reason = 'failing')
  AND (t.endpoint_id IS NULL OR e.verified_at IS NOT NULL))`;

/** When a destination `t` may be called and may have something due, in SQL: nothing that waits for it is due before `next_due_at`. */
export const CALLED_SINCE = 'greatest(t.next_due_at, t.paused_until)';

/** Of a destination `t`, in SQL, under its lock: whether it may be called at all, and may have something due. */
export const IS_OPEN = `
  ${CALLED_SINCE} <= now() AND (t.disabled_reason IS NULL OR t.disabled_reason = 'failing')
  -- Another URL has to prove itself before it is sent what waited for the old one.
  AND (t.endpoint_id IS NULL
    OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.id = t.endpoint_id AND e.verified_at IS NOT NULL))`;

/** Attempts that it may have under way. */
export const AT_ONCE = `
  CASE WHEN t.failures >= ${CIRCUIT_OPENS_AFTER} THEN 1 ELSE t.concurrency END`;

/**
 * What its recovery changes, in SQL: all that waited is due, whatever its own time was, and begins one at a time; each
 * success makes it one more.
 */
export const RECOVER = 'epoch = epoch + 1, concurrency = 1, next_due_at = now()';

/**
 * What is due of a destination `t`, in SQL: `d.due_at` of what waited for its recovery, and then of the rest. A range of an
 * index each.
 */
export const DUE = `
  SELECT d.due_at FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = t.id AND d.epoch < t.epoch
  UNION ALL
  SELECT d.due_at FROM delivery d
  WHERE d.state = 'PENDING' AND d.destination_id = t.id AND d.epoch = t.epoch AND d.due_at <= now()`;

/** Attempts that its rate leaves for now. */
export const TOKENS = `
  floor(extract(epoch FROM now() + interval '1 s' - greatest(t.rate_until, now())) * t.max_per_second)::int`;

/**
 * Attempts that are claimed together once its rate is spent: those of a tenth of a second, as far as they may be under way. One
 * by one each would cost a poll, for which the deliveries of others wait.
 */
const TOGETHER = `least(${AT_ONCE}, ceil(t.max_per_second / 10.0))`;

/** Milliseconds until its rate leaves so many; 0 where it does. */
export const RATE_PAUSE_MS = `
  ceil(1000 * greatest(0, extract(epoch FROM greatest(t.rate_until, now()) - now()) - 1 + ${TOGETHER} / t.max_per_second))::int`;

/** What `taken` attempts cost its rate. */
export const rateUntilAfter = (taken: string): string =>
  `greatest(t.rate_until, now()) + ${taken} * interval '1 s' / t.max_per_second`;
