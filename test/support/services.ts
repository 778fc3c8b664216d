import { setTimeout as sleep } from 'node:timers/promises';
import { redisCommand } from './redis-command';

export { freePort } from '../../src/embedded/start-on-free-port';

/** How long a test waits for what should come in a moment: a machine may be slow, and stand still for seconds. */
export const TIMEOUT_MS = 60_000;

/**
 * Resolves to the first value of `condition` that is neither false nor undefined nor null. An error that it throws
 * counts as "not yet", and is part of the message when time runs out.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<NonNullable<Exclude<T, false>>> {
  const { what, timeoutMs = TIMEOUT_MS, everyMs = 50 } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let seen: unknown;
    try {
      const value = await condition();
      if (value !== false && value !== undefined && value !== null)
        return value as NonNullable<Exclude<T, false>>;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}. Last seen: ${String(seen)}`);
    }
    await sleep(everyMs);
  }
}

/**
 * The Redis database of this Jest worker, emptied. Test files of one worker run one after the other, so each file that
 * calls this first has it for itself.
 */
export async function emptyTestRedis(): Promise<string> {
  const base = process.env['TEST_REDIS_URL'];
  if (base === undefined)
    throw new Error('TEST_REDIS_URL is unset: is this a test of the project "stories"?');
  const url = `${base}/${process.env['JEST_WORKER_ID'] ?? '0'}`;
  await redisCommand(url, 'FLUSHDB');
  return url;
}
