import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDataDir } from '../../src/embedded/data-dir-lock';
import { startEmbeddedServices, type EmbeddedServices } from '../../src/embedded/embedded-services';
import { identifyProcess } from '../../src/embedded/process-identity';
import { redisCommand } from '../support/redis-command';
import { isRoot } from '../../src/embedded/service-user';
import { RunningProcess } from '../support/running-process';
import { waitFor } from '../support/services';
import { makeDataDir, removeDataDir } from '../support/test-data-dir';
import { query, runningOf, serviceProcesses } from './service-state';

const started: EmbeddedServices[] = [];
let dataDir: string;
let lines: string[];

beforeEach(() => {
  dataDir = makeDataDir();
  lines = [];
});

afterEach(async () => {
  for (const services of started.splice(0)) await services.stop();
  removeDataDir(dataDir);
});

async function start(dir = dataDir): Promise<EmbeddedServices> {
  const log = (line: string): void => void lines.push(line);
  const services = await startEmbeddedServices({ dataDir: dir, postgres: true, redis: true, log });
  started.push(services);
  return services;
}

it('starts, keeps its data over a stop, and leaves no process behind', async () => {
  const first = await start();
  await query(first.databaseUrl, `CREATE TABLE kept AS SELECT 'κρατημένο' AS word`);
  await redisCommand(first.redisUrl!, 'SET', 'kept', 'yes');
  const processes = serviceProcesses(dataDir);
  expect(runningOf(processes)).toEqual(['postgres', 'redis']);

  await first.stop();
  expect(runningOf(processes)).toEqual([]);
  expect(existsSync(join(dataDir, 'embedded.lock'))).toBe(false);

  const second = await start();
  expect((await query(second.databaseUrl, 'SELECT word FROM kept')).rows).toEqual([{ word: 'κρατημένο' }]);
  expect(await redisCommand(second.redisUrl!, 'EXISTS', 'kept')).toBe(1);
});

describe('services that run', () => {
  let usedDir: string;
  let services: EmbeddedServices;

  beforeAll(async () => {
    usedDir = makeDataDir();
    const log = (): undefined => undefined;
    services = await startEmbeddedServices({ dataDir: usedDir, postgres: true, redis: true, log });
  });

  afterAll(async () => {
    await services.stop();
    removeDataDir(usedDir);
  });

  it('lets in only who holds the password, which only the owner can read', async () => {
    const { databaseUrl, redisUrl } = services;
    const without = (url: string | undefined): string => url!.replace(/:[0-9a-f]{48}@/, ':wrong@');
    await expect(query(without(databaseUrl), 'SELECT 1')).rejects.toThrow('password authentication failed');
    await expect(redisCommand(without(redisUrl), 'PING')).rejects.toThrow('WRONGPASS');
    for (const file of ['postgres.password', 'redis/redis.conf']) {
      expect(statSync(join(usedDir, file)).mode & 0o777).toBe(0o600);
    }
  });

  it('starts nothing and claims nothing when neither is asked for', async () => {
    const log = (): undefined => undefined;
    const none = await startEmbeddedServices({ dataDir: usedDir, postgres: false, redis: false, log });
    expect(none).toMatchObject({ databaseUrl: undefined, redisUrl: undefined });
    await none.stop();
    expect(runningOf(serviceProcesses(usedDir))).toEqual(['postgres', 'redis']);
  });

  it('refuses a data directory that is in use, and names the process', async () => {
    await expect(start(usedDir)).rejects.toThrow(`in use by process ${process.pid}`);
  });

  it('sets up both for the work they do', async () => {
    const { databaseUrl, redisUrl } = services;
    const { rows } = await query(
      databaseUrl,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
              current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS addresses,
              current_setting('max_connections')::int >= 100 AS enough_connections, lower('ΑΒΓ') AS lower`,
    );
    expect(rows).toEqual([
      {
        fsync: 'on',
        synchronous_commit: 'on',
        encoding: 'UTF8',
        addresses: '127.0.0.1',
        enough_connections: true,
        lower: 'αβγ',
      },
    ]);
    // Refused as a write when the limit is reached, instead of another key being dropped for it.
    await redisCommand(redisUrl!, 'CONFIG', 'SET', 'maxmemory', '1');
    await expect(redisCommand(redisUrl!, 'SET', 'one', 'more')).rejects.toThrow('OOM');
  });
});

it('starts only what is asked for', async () => {
  const log = (): undefined => undefined;
  const services = await startEmbeddedServices({ dataDir, postgres: false, redis: true, log });
  started.push(services);
  expect(services.databaseUrl).toBeUndefined();
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  expect(await redisCommand(services.redisUrl!, 'PING')).toBe('PONG');
});

it('brings a server that dies back on the same port, and says so', async () => {
  const { databaseUrl, redisUrl } = await start();
  await query(databaseUrl, 'CREATE TABLE kept AS SELECT 1');
  const { postgres, redis } = serviceProcesses(dataDir);
  process.kill(postgres.pid, 'SIGKILL');
  process.kill(redis.pid, 'SIGKILL');

  await waitFor(() => query(databaseUrl, 'SELECT * FROM kept'), { what: 'Postgres to be back' });
  await waitFor(() => redisCommand(redisUrl!, 'PING'), { what: 'Redis to be back' });
  await waitFor(() => lines.filter((line) => line.includes('runs again')).length === 2, {
    what: 'both to be logged',
  });
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringContaining('Postgres died unexpectedly (SIGKILL)'),
      expect.stringContaining('Redis died unexpectedly (SIGKILL)'),
    ]),
  );
  expect(serviceProcesses(dataDir).postgres.pid).not.toBe(postgres.pid);
});

it('takes over the lock of a process whose number another one has by now', async () => {
  const stale = { pid: process.ppid, startedAt: 'another boot:1' };
  writeFileSync(join(dataDir, 'embedded.lock'), JSON.stringify(stale));
  await start();
  const lock: unknown = JSON.parse(readFileSync(join(dataDir, 'embedded.lock'), 'utf8'));
  expect(lock).toEqual(identifyProcess(process.pid));
});

it('lets only one of many take over a stale lock', async () => {
  // Often, and a little apart from each other, because only an unlucky order of steps could let in two.
  for (let round = 0; round < 150; round++) {
    writeFileSync(join(dataDir, 'embedded.lock'), JSON.stringify({ pid: 1, startedAt: 'another boot:1' }));
    const attempts = await Promise.allSettled(
      Array.from({ length: 6 }, () => sleep(Math.random() * 3).then(() => lockDataDir(dataDir))),
    );
    const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(winners).toHaveLength(1);
    await winners[0]!.release();
  }
});

it('starts in spite of a pid file whose number another process has by now', async () => {
  await (await start()).stop();
  const cluster = join(dataDir, 'postgres');
  // Of the server's own user: only such a process Postgres itself would take for a server that runs.
  const { uid, gid } = statSync(cluster);
  const bystander = await RunningProcess.start('sleep', ['60'], isRoot() ? { uid, gid } : {});
  writeFileSync(join(cluster, 'postmaster.pid'), `${bystander.pid}\n${cluster}\n1\n1\n\n127.0.0.1\n`);
  try {
    const { databaseUrl } = await start();
    expect((await query(databaseUrl, 'SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(bystander.isRunning).toBe(true);
  } finally {
    await bystander.stop();
  }
});

it('runs side by side with another instance', async () => {
  const otherDir = makeDataDir();
  try {
    const [one, other] = await Promise.all([start(), start(otherDir)]);
    await query(one.databaseUrl, 'CREATE TABLE only_here (id int)');
    await expect(query(other.databaseUrl, 'SELECT * FROM only_here')).rejects.toThrow('does not exist');
    await one.stop();
    expect(runningOf(serviceProcesses(otherDir))).toEqual(['postgres', 'redis']);
    await other.stop();
  } finally {
    removeDataDir(otherDir);
  }
});

it('leaves nothing running when one of the two cannot start', async () => {
  await (await start()).stop();
  rmSync(join(dataDir, 'postgres.password'));
  const before = started.length;
  await expect(start()).rejects.toThrow('password of the Postgres cluster');
  expect(started).toHaveLength(before);
  expect(existsSync(join(dataDir, 'redis.process'))).toBe(false);
  expect(existsSync(join(dataDir, 'embedded.lock'))).toBe(false);
});
