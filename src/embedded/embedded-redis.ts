import Redis from 'ioredis';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddedService, EmbeddedServiceOptions } from './embedded-service';
import { findRedisBinary } from './redis-binary';
import { startOnFreePort } from './start-on-free-port';
import { SupervisedProcess } from './supervised-process';

/** A server on this machine answers within milliseconds; one that is silent for so long is asked anew. */
const ANSWER_WITHIN_MS = 5_000;

/** Starts a Redis that only this machine and only the holder of the URL can use; its data outlives it. */
export async function startRedis({ dataDir, log }: EmbeddedServiceOptions): Promise<EmbeddedService> {
  const binary = await findRedisBinary(log);
  const dir = join(dataDir, 'redis');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString('hex');
  const urlAt = (port: number): string => `redis://:${password}@127.0.0.1:${port}`;
  const { process, port } = await startOnFreePort(async (candidate) => {
    // A file, because arguments can be read by every user of the machine.
    const configFile = join(dir, 'redis.conf');
    await writeFile(configFile, configuration(dir, candidate, password), { mode: 0o600 });
    return new SupervisedProcess(
      {
        name: 'Redis',
        command: binary.path,
        args: [configFile],
        env: binary.env,
        cwd: dir,
        logFile: join(dataDir, 'redis.log'),
        recordFile: join(dataDir, 'redis.process'),
        stopSteps: [{ signal: 'SIGTERM', waitMs: 10_000 }],
        isReady: () => answersPing(urlAt(candidate)),
      },
      log,
    );
  });
  return { url: urlAt(port), stop: () => process.stop() };
}

/** One connection for one question: the supervisor asks again, and PING itself fails while the data is loaded. */
async function answersPing(url: string): Promise<boolean> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
  });
  // The same error rejects what is awaited below.
  redis.on('error', () => undefined);
  try {
    await redis.ping();
    return true;
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

function configuration(dir: string, port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(dir)}`,
    'daemonize no',
    'databases 64',
    // The append-only file alone holds the data: no snapshots beside it.
    'save ""',
    'appendonly yes',
    // A queue must refuse a write that does not fit, and never drop a job instead.
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}
