import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddedService, EmbeddedServiceOptions } from './embedded-service';
import { findRedisBinary } from './redis-binary';
import { redisCommand } from './redis-command';
import { startOnFreePort } from './start-on-free-port';
import { SupervisedProcess } from './supervised-process';

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
        isReady: () =>
          redisCommand(urlAt(candidate), 'PING').then(
            (answer) => answer === '+PONG',
            () => false,
          ),
      },
      log,
    );
  });
  return { url: urlAt(port), stop: () => process.stop() };
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
