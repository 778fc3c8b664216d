import { CIRCUIT_OPENS_AFTER } from './retry-policy';

/** Of a destination `t`, in SQL: what whoever hands its deliveries out has to respect, and asks for under its lock. */

export const IS_OPEN = `
  t.paused_until <= now() AND (t.disabled_reason IS NULL OR t.disabled_reason = 'failing')
  -- Another URL has to prove itself before it is told what waited for the old one.
  AND (t.endpoint_id IS NULL
    OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.id = t.endpoint_id AND e.verified_at IS NOT NULL))`;

/** Attempts that it may have under way. */
export const AT_ONCE = `
  CASE WHEN t.failures >= ${CIRCUIT_OPENS_AFTER} OR t.draining_to IS NOT NULL THEN 1 ELSE t.concurrency END`;

/** Attempts that its rate leaves for now. */
export const TOKENS = `
  floor(extract(epoch FROM now() + interval '1 s' - greatest(t.rate_until, now())) * t.max_per_second)::int`;

/** What `taken` attempts cost its rate. */
export const rateUntilAfter = (taken: string): string =>
  `greatest(t.rate_until, now()) + ${taken} * interval '1 s' / t.max_per_second`;
