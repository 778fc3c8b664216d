/** Estimates of more than a minute are too inexact to keep a caller away for so long. */
const MOST = 60;

/**
 * Seconds for `Retry-After`: whole, at least one (RFC 9110, section 10.2.3). `RATE_LIMIT_POLL` counts on it that nobody is
 * asked to come back sooner.
 */
export const retryAfterSeconds = (seconds: number): number =>
  Number.isNaN(seconds) ? 1 : Math.min(MOST, Math.max(1, Math.ceil(seconds)));
