/** Milliseconds beyond its deadline in which an attempt's outcome can be stored before another worker may take over. */
export const LEASE_MARGIN_MS = 10_000;
