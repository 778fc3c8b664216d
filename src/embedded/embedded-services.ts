import { chmod, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { lockDataDir } from './data-dir-lock';
import { startPostgres } from './embedded-postgres';
import { startRedis } from './embedded-redis';

export interface EmbeddedServices {
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Stops what was started, waits until it is gone, and frees the data directory. */
  stop(): Promise<void>;
}

export interface EmbeddedServicesOptions {
  dataDir: string;
  postgres: boolean;
  redis: boolean;
  /** False gives up safety against a crash of the whole machine for speed, and has connections for many applications; for tests. */
  durable?: boolean;
  log: (line: string) => void;
}

/**
 * Starts a Postgres and a Redis of this process's own, on loopback ports, with their data below `dataDir`, and keeps
 * them running until `stop()`. Call `stop()` last, after everything that uses them has drained. A `process.exit()` in
 * between, also during the start, ends them as well; a signal without a handler does not, so install handlers before.
 *
 * @throws Error when another process uses the data directory, or when a service cannot be brought up; nothing runs then
 */
export async function startEmbeddedServices(options: EmbeddedServicesOptions): Promise<EmbeddedServices> {
  const { postgres, redis, durable = true, log } = options;
  if (!postgres && !redis) {
    // Nothing of its own: any number of processes may share the data directory.
    return { databaseUrl: undefined, redisUrl: undefined, stop: () => Promise.resolve() };
  }
  const dataDir = resolve(options.dataDir);
  // Others may pass through (as root, Postgres runs as another user); what lies inside is closed to them.
  if ((await mkdir(dataDir, { recursive: true })) !== undefined) await chmod(dataDir, 0o711);
  const lock = await lockDataDir(dataDir);
  const starts = await Promise.allSettled([
    postgres ? startPostgres({ dataDir, durable, log }) : undefined,
    redis ? startRedis({ dataDir, durable, log }) : undefined,
  ]);
  const [database, queue] = starts.map((start) => (start.status === 'fulfilled' ? start.value : undefined));
  const stop = async (): Promise<void> => {
    const stops = await Promise.allSettled([database?.stop(), queue?.stop()]);
    await lock.release();
    const failed = stops.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { databaseUrl: database?.url, redisUrl: queue?.url, stop };
}
