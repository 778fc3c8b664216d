import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { relocatedClusterHome } from '../../src/embedded/postgres-cluster';
import { findRedisBinary } from '../../src/embedded/redis-binary';
import { redisCommand } from '../support/redis-command';
import { freePort, waitFor } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { Balancer } from './balancer';
import { browsersBelow } from './browsers';
import { Database } from './database';
import type { ChaosOptions } from './options';
import { Application, ServiceProcess } from './service-process';
import { StoreProxy } from './store-proxy';

/** Short, so that a run sees many of them pass. */
export const LEASE_SECONDS = 5;
/** Behind a balancer that asks once a second, and believes the second answer. */
const DRAIN_DELAY_SECONDS = 3;
const ROOT = resolve(__dirname, '../..');
const S3_SERVER = join(ROOT, 'test/artifacts/s3-server.mjs');

/** The run needs what this machine does not have, and cannot get. */
export class NotHereError extends Error {}

/** One of the services that the application stands on, and the proxy before it. */
interface Neighbour<Proxy> {
  readonly process: ServiceProcess;
  readonly proxy: Proxy;
  readonly url: string;
}

/** The real processes: two APIs, two workers, Postgres, Redis without persistence, an object store, a proxy before each of those. */
export class Fleet {
  /** What of the run cannot be had on this machine, and why. */
  readonly skipped: string[] = [];
  readonly apis: Application[] = [];
  readonly workers: Application[] = [];
  readonly apiKey = randomBytes(24).toString('hex');
  database: Database;
  redis: Neighbour<TcpProxy> | undefined;
  store: Neighbour<StoreProxy> | undefined;
  balancer: Balancer | undefined;

  readonly folder = mkdtempSync(join(tmpdir(), 'order-reports-chaos-'));

  constructor(
    private readonly options: ChaosOptions,
    private readonly log: (line: string) => void,
  ) {
    chmodSync(this.folder, 0o711);
    // The profiles of the run's browsers lie here, which sets them apart from all others.
    mkdirSync(join(this.folder, 'tmp'));
  }

  /**
   * Everything is up and ready when it resolves; when it rejects, `stop` ends what came up.
   *
   * @throws NotHereError
   */
  async start(): Promise<void> {
    await this.startDatabase();
    if (this.options.store === 's3') await this.startStore();
    const redisUrl = await this.startRedis();
    await this.defineApplications(redisUrl);
    // One after the other, as a machine with two cores likes it; the first runs the migrations.
    for (const application of this.applications) await application.start();
    await this.ready(this.applications, 60_000);
    if (this.options.mode === 'rolling') await this.startBalancer();
  }

  get applications(): Application[] {
    return [...this.apis, ...this.workers];
  }

  get services(): ServiceProcess[] {
    return [
      ...this.applications,
      // A fleet that did not come up has none.
      ...((this.database as Database | undefined)?.servers ?? []),
      ...[this.redis, this.store].flatMap((each) => (each ? [each.process] : [])),
      ...(this.balancer ? [this.balancer] : []),
    ];
  }

  get browsers(): ReturnType<typeof browsersBelow> {
    return browsersBelow(join(this.folder, 'tmp'));
  }

  /** Where callers go: each API by itself, or the balancer. */
  get callersUrls(): string[] {
    return this.balancer ? [this.balancer.url] : this.apis.map(({ url }) => url);
  }

  /** @throws Error that names who was not ready in time */
  async ready(applications: Application[], withinMs: number): Promise<void> {
    for (const application of applications)
      await waitFor(async () => (await application.readiness()) === 200, {
        what: `${application.name} to be ready`,
        timeoutMs: withinMs,
      });
  }

  /** Restarts every application, one after the other, each only when the one before is ready. Returns how long each took to end. */
  async roll(endWithinMs: number): Promise<string> {
    const took: string[] = [];
    for (const application of this.applications) {
      const from = Date.now();
      await application.end('SIGTERM', endWithinMs);
      took.push(`${application.name} in ${Date.now() - from} ms`);
      await application.start();
      await this.ready([application], 60_000);
      // A balancer has to know it before the next one goes.
      if (this.apis.includes(application)) await this.balanced([application]);
    }
    return `ended: ${took.join(', ')}`;
  }

  /** Ends the applications by a signal, then what they used. Nothing is left behind, whatever the state was. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    for (const service of this.services) service.retire();
    await Promise.all(
      this.applications.map((service) => service.end(signal, 40_000).catch(() => service.end('SIGKILL'))),
    );
    await this.balancer?.end('SIGKILL');
    await (this.database as Database | undefined)?.stop();
    await this.redis?.process.end('SIGKILL');
    await this.redis?.proxy.close();
    await this.store?.process.end('SIGKILL');
    await this.store?.proxy.close();
  }

  /** Ends what a browser's worker did not, for the machine's sake; the verdict has been given by then. */
  sweep(keepFiles: boolean): void {
    for (const { pid } of this.browsers) process.kill(pid, 'SIGKILL');
    if (keepFiles) return;
    for (const path of [this.folder, relocatedClusterHome(this.folder)])
      rmSync(path, { recursive: true, force: true });
  }

  private async startDatabase(): Promise<void> {
    const start = async (withStandby: boolean): Promise<void> => {
      this.database = await Database.prepare(this.folder, withStandby, this.log);
      await this.database.start();
    };
    // No fault strikes Postgres in the other modes.
    if (this.options.mode !== 'faults' || !this.options.failover) return start(false);
    return start(true).catch(async (error: unknown) => {
      this.skipped.push(`failover to a standby: ${messageOf(error)}`);
      await (this.database as Database | undefined)?.stop();
      await start(false);
    });
  }

  private async startStore(): Promise<void> {
    const port = await freePort();
    const server = new ServiceProcess({
      name: 'the store',
      command: process.execPath,
      args: [S3_SERVER, join(this.folder, 's3'), String(port)],
      options: { cwd: ROOT, env: { PATH: process.env['PATH'] } },
      logFile: join(this.folder, 'store.log'),
      // It has an answer for everybody, be it a refusal.
      isReady: () =>
        fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) }).then(
          () => true,
          () => false,
        ),
    });
    const proxy = await StoreProxy.to(port);
    const url = `s3://reports?region=us-east-1&endpoint=http://127.0.0.1:${proxy.port}`;
    this.store = { process: server, proxy, url };
    await server.start();
  }

  /** The URL for the applications; nothing listens there when Redis is off. */
  private async startRedis(): Promise<string> {
    const port = await freePort();
    const password = randomBytes(24).toString('hex');
    const urlAt = (of: number): string => `redis://:${password}@127.0.0.1:${of}`;
    if (!this.options.redis) return urlAt(port);
    const binary = await findRedisBinary(this.log);
    const settings = {
      bind: '127.0.0.1',
      port: String(port),
      requirepass: password,
      save: '',
      appendonly: 'no',
      dir: this.folder,
    };
    const server = new ServiceProcess({
      name: 'Redis',
      command: binary.path,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      options: { cwd: this.folder, env: binary.env },
      logFile: join(this.folder, 'redis.log'),
      isReady: () =>
        redisCommand(urlAt(port), 'PING').then(
          () => true,
          () => false,
        ),
    });
    const proxy = await TcpProxy.to('127.0.0.1', port);
    this.redis = { process: server, proxy, url: urlAt(port) };
    await server.start();
    return urlAt(proxy.port);
  }

  private async defineApplications(redisUrl: string): Promise<void> {
    const common = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: join(this.folder, 'tmp'),
      DATABASE_URL: this.database.url,
      REDIS_URL: redisUrl,
      DATA_DIR: join(this.folder, 'data'),
      // What the S3 server takes; a folder needs none.
      ...(this.store && {
        STORAGE_URL: this.store.url,
        AWS_ACCESS_KEY_ID: 'S3RVER',
        AWS_SECRET_ACCESS_KEY: 'S3RVER',
      }),
      DEMO_API_KEY: this.apiKey,
      WEBHOOK_MASTER_KEYS: randomBytes(32).toString('base64'),
      JOB_LEASE_SECONDS: String(LEASE_SECONDS),
      RENDER_CONCURRENCY: '1',
      LOG_LEVEL: 'warn',
      ...(this.options.mode === 'rolling' && {
        DRAIN_DELAY_SECONDS: String(DRAIN_DELAY_SECONDS),
        TRUSTED_PROXIES: '127.0.0.1/32',
      }),
      ...(process.env['BROWSER_PATH'] && { BROWSER_PATH: process.env['BROWSER_PATH'] }),
    };
    const ports = new Set<number>();
    while (ports.size < 4) ports.add(await freePort());
    const urls = [...ports].map((port) => `http://127.0.0.1:${port}`);
    const roles = ['api', 'api', 'worker', 'worker'] as const;
    for (const [index, role] of roles.entries()) {
      const name = `${role === 'api' ? 'api' : 'worker'} ${(index % 2) + 1}`;
      const application = new Application(
        {
          name,
          command: process.execPath,
          args: [join(ROOT, 'dist/main.js')],
          options: {
            cwd: ROOT,
            env: {
              ...common,
              ROLE: role,
              PORT: new URL(urls[index]!).port,
              // The same from every process: links are part of an answer.
              PUBLIC_URL: urls[0],
              SAMPLE_DATA: String(index === 0),
            },
          },
          logFile: join(this.folder, `${name.replace(' ', '-')}.log`),
        },
        urls[index]!,
      );
      (role === 'api' ? this.apis : this.workers).push(application);
    }
  }

  private async startBalancer(): Promise<void> {
    this.balancer = await Balancer.before(this.apis, this.folder, this.log).catch((error: unknown) => {
      throw new NotHereError(`rolling restarts behind HAProxy: ${messageOf(error)}`, { cause: error });
    });
    await this.balancer.start();
    await this.balanced(this.apis);
  }

  private async balanced(apis: Application[]): Promise<void> {
    for (const api of apis)
      await waitFor(async () => (await this.balancer?.sendsTo(api)) ?? true, {
        what: `HAProxy to send to ${api.name}`,
      });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
