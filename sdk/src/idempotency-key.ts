/** So that a submission that got no answer may be sent again. Also where a page is not served by https. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * As it is where it may be; with blanks or quotes in it as a structured-field string. The service takes both for the same
 * key.
 */
export const idempotencyKeyHeader = (key: string): { 'Idempotency-Key': string } => ({
  'Idempotency-Key': /^[!#-~]+$/.test(key) ? key : `"${key.replace(/["\\]/g, '\\$&')}"`,
});
