import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { Pool } from 'undici';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { JobSubmissionService } from '../src/jobs/job-submission.service';
import { NOOP, startEngine } from './engine-harness';
import { type Measurement, median, quantile, writeResults } from './measurements';

/** No-op jobs through the engine: alone beside other engines on the same Postgres, by HTTP, and when idle. */

const RUNS = 3;
const JOBS = 2_000;
const SLOTS = 10;
const CALLERS = 16;
const PEERS = ['graphile-worker', 'pg-boss'];

class EngineBench {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {}

  /** Jobs a second from a full queue to its end. */
  async alone(): Promise<number> {
    const client = await this.client();
    const api = await startEngine(this.config, { http: false, worker: false });
    const submission = api.get(JobSubmissionService);
    let left = JOBS;
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (left-- > 0)
          await submission.submit(NOOP, {
            clientId: client,
            request: { method: 'POST', path: '/noop', body: {} },
            parameters: {},
          });
      }),
    );
    await api.close();
    const from = performance.now();
    const worker = await startEngine(this.config, { http: false, worker: true });
    await this.allEnded(client, JOBS);
    const seconds = (performance.now() - from) / 1_000;
    await worker.close();
    return JOBS / seconds;
  }

  /** Jobs a second from the first POST to the last end, API and worker in one process. */
  async byHttp(): Promise<number> {
    const client = await this.client();
    const app = await startEngine(this.config, { http: true, worker: true });
    const { pool, close } = await listen(app);
    const from = performance.now();
    let left = JOBS;
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (left-- > 0) await post(pool, client);
      }),
    );
    await this.allEnded(client, JOBS);
    const seconds = (performance.now() - from) / 1_000;
    await close();
    return JOBS / seconds;
  }

  /** Milliseconds from the accepted row to its start, one job at a time, by the database's clock. */
  async idle(jobs: number): Promise<number[]> {
    const client = await this.client();
    const app = await startEngine(this.config, { http: true, worker: true });
    const { pool, close } = await listen(app);
    for (let sent = 0; sent < jobs; sent += 1) {
      await post(pool, client);
      await sleep(50);
    }
    await this.allEnded(client, jobs);
    await close();
    const rows = await this.dataSource.query<{ ms: number }[]>(
      `SELECT (extract(epoch FROM started_at - created_at) * 1000)::float8 AS ms FROM job WHERE client_id = $1`,
      [client],
    );
    return rows.map(({ ms }) => ms);
  }

  private async client(): Promise<string> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `INSERT INTO client (name) VALUES ('bench ' || uuid_v7()) RETURNING id`,
    );
    return rows[0]!.id;
  }

  private async allEnded(client: string, jobs: number): Promise<void> {
    for (;;) {
      const rows = await this.dataSource.query<{ ended: number }[]>(
        `SELECT count(*)::int AS ended FROM job WHERE client_id = $1 AND finished_at IS NOT NULL`,
        [client],
      );
      if (rows[0]!.ended === jobs) return;
      await sleep(10);
    }
  }
}

async function listen(app: INestApplication): Promise<{ pool: Pool; close: () => Promise<void> }> {
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CALLERS });
  return {
    pool,
    close: async () => {
      await pool.close();
      await app.close();
    },
  };
}

async function post(pool: Pool, client: string): Promise<void> {
  const answer = await pool.request({
    method: 'POST',
    path: '/noop',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client }),
  });
  await answer.body.dump();
  if (answer.statusCode !== 202) throw new Error(`POST was answered ${answer.statusCode}`);
}

/** Jobs a second of another engine, in a process and in tables of its own; `null` when it cannot be installed. */
async function peer(name: string, databaseUrl: string): Promise<number | null> {
  const folder = join(__dirname, 'peers');
  if (!existsSync(join(folder, 'node_modules'))) {
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) return null;
  }
  const args = [join(folder, 'peers.mjs'), name, databaseUrl, String(JOBS), String(SLOTS)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  return JOBS / Number(stdout.trim().split('\n').at(-1));
}

async function measure(bench: EngineBench, databaseUrl: string): Promise<Measurement[]> {
  const alone: number[] = [];
  const beside = new Map<string, number[]>(PEERS.map((name) => [name, []]));
  // In alternation, so that what else the machine does meets all of them.
  for (let run = 0; run < RUNS; run += 1) {
    alone.push(await bench.alone());
    for (const name of PEERS) {
      const value = await peer(name, databaseUrl);
      if (value !== null) beside.get(name)!.push(value);
    }
  }
  const byHttp: number[] = [];
  for (let run = 0; run < RUNS; run += 1) byHttp.push(await bench.byHttp());
  const idle = await bench.idle(200);
  return [
    ...[...beside].map(([name, values]): Measurement => {
      const other = values.length > 0 ? median(values) : null;
      return {
        name: `no-op jobs a second, engine alone, beside ${name}`,
        value: median(alone),
        unit: '1/s',
        beside: other,
        ratio: other === null ? null : median(alone) / other,
        runs: alone,
      };
    }),
    {
      name: 'no-op jobs a second, accepted by HTTP to terminal',
      value: median(byHttp),
      unit: '1/s',
      beside: null,
      ratio: null,
      runs: byHttp,
    },
    ...([0.5, 0.99] as const).map((share) => ({
      name: `accepted to started when idle, p${share * 100}`,
      value: quantile(idle, share),
      unit: 'ms',
      beside: null,
      ratio: null,
      runs: [quantile(idle, share)],
    })),
  ];
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  // As root, Postgres runs as another user, who must pass through.
  chmodSync(dataDir, 0o711);
  const services = await startEmbeddedServices({ dataDir, postgres: true, redis: true, log: console.log });
  try {
    const databaseUrl = services.databaseUrl ?? '';
    await migrate(databaseUrl);
    const environment = readEnvironment({
      DATA_DIR: dataDir,
      JOB_CONCURRENCY: String(SLOTS),
      MAX_JOBS_IN_FLIGHT: String(2 * JOBS),
    });
    const config = new AppConfig(environment, {
      databaseUrl,
      redisUrl: services.redisUrl ?? '',
    });
    const dataSource = await new DataSource({ type: 'postgres', url: databaseUrl }).initialize();
    const results = await measure(new EngineBench(config, dataSource), databaseUrl);
    await dataSource.destroy();
    console.table(
      results.map(({ runs, ...rest }) => ({ ...rest, runs: runs.map((run) => run.toFixed(1)).join(' ') })),
    );
    writeResults('engine', results);
  } finally {
    await services.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

void main();
