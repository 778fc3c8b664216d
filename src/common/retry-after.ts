/** Seconds for `Retry-After`: whole, at least one (RFC 9110, section 10.2.3). */
export const retryAfterSeconds = (seconds: number): number => Math.max(1, Math.ceil(seconds));
