/**
 * How long an answer asks to be left alone (RFC 9110, section 10.2.3), in whole seconds, also where a proxy says a date: that
 * is by its clock, as the answer's `Date` is.
 *
 * @returns nothing where nothing is said, or nothing that means anything
 */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const at = timeOf(text);
  if (Number.isNaN(at)) return undefined;
  // Pages of other origins do not see it.
  const sentAt = timeOf(headers.get('date') ?? '');
  return Math.max(0, Math.ceil((at - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1_000));
}

/** @returns NaN for what is no date; `Date.parse` alone finds one in much that is none */
const timeOf = (text: string): number => (/^[A-Z][a-z]+, [\w ,:-]+ GMT$/.test(text) ? Date.parse(text) : NaN);
