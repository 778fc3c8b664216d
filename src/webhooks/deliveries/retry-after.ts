const SECONDS = /^\d{1,10}$/;
/** IMF-fixdate, the one form that senders may still make (RFC 9110, section 5.6.7). */
const IMF_FIXDATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** No receiver can hold a delivery back for longer than this by asking. */
export const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3), as seconds or as a date.
 *
 * @returns milliseconds from `now`, 0 to `MAX_RETRY_AFTER_MS`; `null` when it is neither form
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (SECONDS.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
  if (!IMF_FIXDATE.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : Math.min(Math.max(0, time - now), MAX_RETRY_AFTER_MS);
}
