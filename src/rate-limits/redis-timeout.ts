/** The most that a request waits for Redis, and only the first ones that find it silent. */
export const REDIS_TIMEOUT_MS = 200;
