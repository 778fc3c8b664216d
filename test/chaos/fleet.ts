import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { openCluster, relocatedClusterHome, SUPERUSER } from '../../src/embedded/postgres-cluster';
import { findRedisBinary } from '../../src/embedded/redis-binary';
import { redisCommand } from '../../src/embedded/redis-command';
import { freePort } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { browsersBelow } from './browsers';
import { ServiceProcess } from './service-process';

/** Short, so that a run sees many of them pass. */
export const LEASE_SECONDS = 5;
const ROOT = resolve(__dirname, '../..');

/** The real processes: two APIs, two workers, Postgres, Redis without persistence, and a proxy before each of those. */
export class Fleet {
  private constructor(
    readonly folder: string,
    readonly apiKey: string,
    readonly postgres: ServiceProcess,
    readonly redis: ServiceProcess | undefined,
    readonly postgresProxy: TcpProxy,
    readonly redisProxy: TcpProxy | undefined,
    readonly databaseUrl: string,
    readonly redisUrl: string,
    readonly apis: ServiceProcess[],
    readonly workers: ServiceProcess[],
    readonly apiUrls: string[],
  ) {}

  static async start(withRedis: boolean, log: (line: string) => void): Promise<Fleet> {
    const folder = mkdtempSync(join(tmpdir(), 'order-reports-chaos-'));
    chmodSync(folder, 0o711);
    // The profiles of the run's browsers lie here, which tells them from all others.
    mkdirSync(join(folder, 'tmp'));
    const { postgres, url: databaseUrl } = await definePostgres(folder, log);
    const redisPort = await freePort();
    const redisPassword = randomBytes(24).toString('hex');
    const redisUrl = `redis://:${redisPassword}@127.0.0.1:${redisPort}`;
    const redis = withRedis ? await defineRedis(folder, redisUrl, log) : undefined;
    const postgresProxy = await TcpProxy.to('127.0.0.1', Number(new URL(databaseUrl).port));
    const redisProxy = withRedis ? await TcpProxy.to('127.0.0.1', redisPort) : undefined;

    const apiKey = randomBytes(24).toString('hex');
    const common = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: join(folder, 'tmp'),
      DATABASE_URL: through(databaseUrl, postgresProxy),
      // Nothing listens there when Redis is off.
      REDIS_URL: redisProxy ? through(redisUrl, redisProxy) : redisUrl,
      DATA_DIR: join(folder, 'data'),
      DEMO_API_KEY: apiKey,
      WEBHOOK_MASTER_KEYS: randomBytes(32).toString('base64'),
      JOB_LEASE_SECONDS: String(LEASE_SECONDS),
      RENDER_CONCURRENCY: '1',
      LOG_LEVEL: 'warn',
      ...(process.env['BROWSER_PATH'] && { BROWSER_PATH: process.env['BROWSER_PATH'] }),
    };
    const ports: number[] = [];
    const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
    const define = async (name: string, role: string): Promise<ServiceProcess> => {
      let port = await freePort();
      while (ports.includes(port)) port = await freePort();
      ports.push(port);
      const sample = name === 'api 1' ? 'true' : 'false';
      return new ServiceProcess({
        name,
        command: process.execPath,
        args: [join(ROOT, 'dist/main.js')],
        options: {
          cwd: ROOT,
          env: {
            ...common,
            ROLE: role,
            PORT: String(port),
            // The same from every process: links are part of an answer.
            PUBLIC_URL: urlOf(ports[0]!),
            SAMPLE_DATA: sample,
          },
        },
        logFile: join(folder, `${name.replace(' ', '-')}.log`),
        isReady: () => answers(`${urlOf(port)}/health/live`),
      });
    };
    const apis = [await define('api 1', 'api'), await define('api 2', 'api')];
    const workers = [await define('worker 1', 'worker'), await define('worker 2', 'worker')];
    const fleet = new Fleet(
      folder,
      apiKey,
      postgres,
      redis,
      postgresProxy,
      redisProxy,
      databaseUrl,
      redisUrl,
      apis,
      workers,
      ports.slice(0, 2).map(urlOf),
    );
    try {
      await postgres.start();
      await createDatabase(databaseUrl);
      await redis?.start();
      for (const service of [...apis, ...workers]) await service.start();
    } catch (error) {
      await fleet.stop('SIGKILL');
      fleet.sweep(true);
      throw error;
    }
    return fleet;
  }

  get services(): ServiceProcess[] {
    return [...this.apis, ...this.workers, this.postgres, ...(this.redis ? [this.redis] : [])];
  }

  get browsers(): ReturnType<typeof browsersBelow> {
    return browsersBelow(join(this.folder, 'tmp'));
  }

  /** Ends the applications by a signal, then what they used. Nothing is left behind, whatever the state was. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    const applications = [...this.apis, ...this.workers];
    await Promise.all(
      applications.map((service) => service.end(signal, 40_000).catch(() => service.end('SIGKILL'))),
    );
    await this.postgres.end('SIGINT', 20_000).catch(() => this.postgres.end('SIGQUIT'));
    await this.redis?.end('SIGKILL');
    await this.postgresProxy.close();
    await this.redisProxy?.close();
  }

  /** Ends what a browser's worker did not, for the machine's sake; the verdict has been given by then. */
  sweep(keepFiles: boolean): void {
    for (const { pid } of this.browsers) process.kill(pid, 'SIGKILL');
    if (keepFiles) return;
    for (const path of [this.folder, relocatedClusterHome(this.folder)])
      rmSync(path, { recursive: true, force: true });
  }
}

async function definePostgres(
  folder: string,
  log: (line: string) => void,
): Promise<{ postgres: ServiceProcess; url: string }> {
  const cluster = await openCluster({ dataDir: folder, durable: true, log });
  const port = await freePort();
  const urlOf = (database: string): string =>
    `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${database}`;
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '150',
    timezone: 'UTC',
  };
  const postgres = new ServiceProcess({
    name: 'Postgres',
    command: cluster.binaries.postgres,
    args: [
      '-D',
      cluster.dir,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    options: { cwd: cluster.dir, env: { PATH: process.env['PATH'], LC_ALL: 'C' }, ...cluster.user },
    logFile: join(folder, 'postgres.log'),
    isReady: () =>
      withClient(urlOf('postgres'), (client) => client.query('SELECT 1')).then(
        () => true,
        () => false,
      ),
  });
  return { postgres, url: urlOf('order_reports') };
}

async function defineRedis(
  folder: string,
  url: string,
  log: (line: string) => void,
): Promise<ServiceProcess> {
  const { port, password } = new URL(url);
  const binary = await findRedisBinary(log);
  const args = { bind: '127.0.0.1', port, requirepass: password, save: '', appendonly: 'no', dir: folder };
  return new ServiceProcess({
    name: 'Redis',
    command: binary.path,
    args: Object.entries(args).flatMap(([name, value]) => [`--${name}`, value]),
    options: { cwd: folder, env: binary.env },
    logFile: join(folder, 'redis.log'),
    isReady: () =>
      redisCommand(url, 'PING').then(
        () => true,
        () => false,
      ),
  });
}

function through(url: string, proxy: TcpProxy): string {
  const changed = new URL(url);
  changed.port = String(proxy.port);
  return changed.href;
}

async function createDatabase(url: string): Promise<void> {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  await withClient(maintenance.href, (client) => client.query('CREATE DATABASE order_reports'));
}

export async function withClient<T>(
  connectionString: string,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
