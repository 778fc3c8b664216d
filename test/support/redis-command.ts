import Redis from 'ioredis';

/** Sends one command on a connection of its own, and waits neither for a server that is away nor for one that is silent. */
export async function redisCommand(url: string, name: string, ...parameters: string[]): Promise<unknown> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
  });
  // Says why a connection failed, which the command itself only learns as "closed".
  const failures: Error[] = [];
  redis.on('error', (error: Error) => failures.push(error));
  try {
    return await redis.call(name, ...parameters);
  } catch (error) {
    throw failures[0] ?? error;
  } finally {
    redis.disconnect();
  }
}
