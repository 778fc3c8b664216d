import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Pool } from 'undici';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { startEngine } from './engine-harness';
import { Measurements, quantile } from './measurements';
import { besidePeers, SLOTS } from './noop-jobs';

/** No-op jobs through the engine: alone beside other engines on the same Postgres, by HTTP, and when idle. */

const RUNS = 3;
const JOBS = 2_000;
const CALLERS = 16;

class EngineBench {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {}

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
      JOB_CONCURRENCY: '10',
      MAX_JOBS_IN_FLIGHT: String(2 * JOBS),
    });
    const config = new AppConfig(environment, {
      databaseUrl,
      redisUrl: services.redisUrl ?? '',
    });
    const dataSource = await new DataSource({ type: 'postgres', url: databaseUrl }).initialize();
    const bench = new EngineBench(config, dataSource);
    const results = new Measurements('engine');
    const place = { databaseUrl, redisUrl: services.redisUrl ?? '', dataDir };
    for (const slots of SLOTS) await besidePeers(place, slots, RUNS, results);
    const byHttp: number[] = [];
    for (let run = 0; run < RUNS; run += 1) byHttp.push(await bench.byHttp());
    results.add('no-op jobs, accepted by HTTP to terminal', '1/s', byHttp);
    const idle = await bench.idle(200);
    for (const share of [0.5, 0.99])
      results.add(`accepted to started when idle, p${share * 100}`, 'ms', [quantile(idle, share)]);
    results.print();
    await dataSource.destroy();
  } finally {
    await services.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

void main();
