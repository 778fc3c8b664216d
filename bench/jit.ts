import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { DistributionPostgres, RunningPostgres } from '../test/support/distribution-postgres';
import { BenchServer } from './http-server';
import { Measurements } from './measurements';

/**
 * Accepting a report on a Postgres with JIT, as most managed ones have it, when the order book of the client has a million
 * orders, beside one of 5,000. Where the distribution's Postgres cannot be had there is nothing to measure.
 */

const BOOKS = { small: 5_000, large: 1_000_000 };
const RUNS = 5;
const WARM_UP_MS = 4_000;
const RUN_MS = 4_000;
const NO_LIMIT = '100000000';

type Size = keyof typeof BOOKS;

async function fill(postgres: RunningPostgres, database: string, orders: number): Promise<void> {
  await postgres.query(
    `INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, subtotal, discount_total, shipping_total,
       tax_total, tax_included, adjustment_total, refunded_total, line_count)
     SELECT c.id, 'N-' || i, timestamptz '2020-01-01' + i * interval '1 minute', 'paid', 'EUR', 'Customer ' || i % 1000,
       i % 500 + 0.50, 0.00, 0.00, 0.00, false, 0.00, 0.00, 1
     FROM client c, generate_series(1, ${orders}) i WHERE c.name = 'Demo'`,
    database,
  );
  await postgres.query('VACUUM ANALYZE', database);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  chmodSync(folder, 0o755);
  const distribution = await DistributionPostgres.find(console.log).catch((error: unknown) => {
    console.warn(`SKIPPED: the distribution's Postgres cannot be had here. ${String(error)}`);
    return undefined;
  });
  if (distribution === undefined) return;
  const cluster = mkdtempSync(join(folder, 'clusters-'));
  chmodSync(cluster, 0o711);
  if (distribution.user !== undefined) chmodSync(folder, 0o711);
  const dir = join(cluster, 'postgres');
  const password = await distribution.createCluster(dir);
  const postgres = await distribution.start(dir, password, { shared_buffers: '256MB' });
  const redis = await startEmbeddedServices({
    dataDir: join(folder, 'redis'),
    postgres: false,
    redis: true,
    log: () => undefined,
  });
  const servers: Partial<Record<Size, BenchServer>> = {};
  try {
    const [{ jit } = { jit: 'off' }] = await postgres.query('SHOW jit');
    if (jit !== 'on') throw new Error('This Postgres does not use JIT, so there is nothing to see.');
    const key = `bench-${randomUUID()}`;
    for (const [size, orders] of Object.entries(BOOKS) as [Size, number][]) {
      await postgres.query(`CREATE DATABASE ${size}`);
      await migrate(postgres.url(size));
      servers[size] = await BenchServer.start('ours', key, {
        NODE_ENV: 'production',
        ROLE: 'api',
        DATABASE_URL: postgres.url(size),
        REDIS_URL: redis.redisUrl,
        DATA_DIR: join(folder, size),
        DEMO_API_KEY: key,
        SAMPLE_DATA: 'false',
        MAX_JOBS_IN_FLIGHT: '1000000',
        RATE_LIMIT_SUBMIT: NO_LIMIT,
        RATE_LIMIT_OTHER: NO_LIMIT,
        LOG_LEVEL: 'error',
      });
      await fill(postgres, size, orders);
    }
    // One caller: what is asked for is the time of a request, not how many go through.
    const post = (size: Size, forMs: number) =>
      servers[size]!.load('POST', ['/v1/orders/reports'], 202, forMs, 1);
    const seen: Record<Size, { p50: number; p99: number }[]> = { small: [], large: [] };
    for (const size of Object.keys(BOOKS) as Size[]) await post(size, WARM_UP_MS);
    // In alternation, so that whatever else the machine does meets both alike.
    for (let run = 0; run < RUNS; run += 1)
      for (const size of Object.keys(BOOKS) as Size[]) seen[size].push(await post(size, RUN_MS));
    const results = new Measurements('jit');
    for (const figure of ['p50', 'p99'] as const)
      results.add(
        `POST of an empty period, ${figure}: a million orders beside 5,000`,
        'ms',
        seen.large.map((run) => run[figure]),
        seen.small.map((run) => run[figure]),
      );
    results.print();
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    await redis.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
