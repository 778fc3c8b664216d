import Redis, { RedisOptions } from 'ioredis';

const SHARED: RedisOptions = {
  // Back within a second of Redis's return, instead of ioredis's twenty.
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
};

/**
 * Bull's three connections, each with the settings that its use needs: `client` sends commands and must fail fast, so
 * that no request waits for Redis; `bclient` blocks and `subscriber` listens, so both must wait for ever.
 */
export const connectBull = (url: string, type: 'client' | 'subscriber' | 'bclient'): Redis => {
  const connection = new Redis(
    url,
    type === 'client'
      ? { ...SHARED, enableOfflineQueue: false, commandTimeout: 2_000, maxRetriesPerRequest: 1 }
      : { ...SHARED, maxRetriesPerRequest: null, enableReadyCheck: false },
  );
  return connection;
};
