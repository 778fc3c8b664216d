const SECONDS = /^\d+$/;
const TIME = String.raw`(\d{2}:\d{2}:\d{2})`;
const MONTH = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
/** The three forms of a date that every recipient must accept (RFC 9110, section 5.6.7). */
const IMF_FIXDATE = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d{2}) ${MONTH} (\\d{4}) ${TIME} GMT$`);
const RFC_850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-${MONTH}-(\\d{2}) ${TIME} GMT$`,
);
const ASCTIME = new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} ([ \\d]\\d) ${TIME} (\\d{4})$`);

/** No receiver can hold a delivery back for longer than this by asking. */
export const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3), as seconds or as a date. A date is by the clock of who sent it, and
 * so is the answer's `Date`, which must stand there where there is a clock: ours takes no part where it does.
 *
 * @returns milliseconds from the answer, 0 to `MAX_RETRY_AFTER_MS`; `null` when it is neither form
 */
export function retryAfterMs(header: string | null, date: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (SECONDS.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
  const time = readDate(text, now);
  if (Number.isNaN(time)) return null;
  const sentAt = readDate(date?.trim() ?? '', now);
  return Math.min(Math.max(0, time - (Number.isNaN(sentAt) ? now : sentAt)), MAX_RETRY_AFTER_MS);
}

/** @returns milliseconds since 1970; NaN for what is no date */
function readDate(text: string, now: number): number {
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed) return utc(fixed[1], fixed[2], fixed[3], fixed[4]);
  const asctime = ASCTIME.exec(text);
  if (asctime) return utc(asctime[2], asctime[1], asctime[4], asctime[3]);
  const rfc850 = RFC_850.exec(text);
  return rfc850 === null
    ? NaN
    : utc(rfc850[1], rfc850[2], String(fullYear(Number(rfc850[3]), now)), rfc850[4]);
}

const utc = (day = '', month = '', year = '', time = ''): number =>
  Date.parse(`${day.trim().padStart(2, '0')} ${month} ${year} ${time} GMT`);

/** Two digits that seem to be more than 50 years ahead mean the last year in the past that ends in them. */
function fullYear(year: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const full = thisYear - (thisYear % 100) + year;
  return full > thisYear + 50 ? full - 100 : full;
}
