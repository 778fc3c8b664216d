import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client, escapeLiteral } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { DataSource } from 'typeorm';
import { AgeingService } from '../src/database/ageing.service';
import { dataSourceOptions } from '../src/database/connection';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { JobClaims } from '../src/jobs/job-claims';
import { JobSignals } from '../src/jobs/job-signals';
import { JobTransitions } from '../src/jobs/job-transitions';
import { OrderReportQueries } from '../src/orders/order-report-queries';
import { spooledRows } from '../src/orders/order-spool';
import { addHistory, addOrders, addWaiting } from './growth-fill';
import { BenchServer, type Run } from './http-server';
import { Measurements, quantile } from './measurements';

/**
 * What history costs: hot statements and routes on a database with millions of finished jobs of 10,000 clients, beside one
 * that has the asking client's same rows alone, in alternation; then claims of many clients, a report's snapshot, and how
 * fast what is old is removed.
 *
 * GROWTH_JOBS (5000000), GROWTH_ORDERS (1000000) and GROWTH_ROWS (routes,engine,clients,snapshot,ageing) make it shorter;
 * GROWTH_DIR names a directory that is filled once and used again.
 */

const JOBS = Number(process.env['GROWTH_JOBS'] ?? 5_000_000);
const ORDERS = Number(process.env['GROWTH_ORDERS'] ?? 1_000_000);
const ROWS = (process.env['GROWTH_ROWS'] ?? 'routes,engine,clients,snapshot,ageing').split(',');
const CLIENTS = 10_000;
/** Of the asking client, in both databases. */
const OWN_JOBS = 2_000;
const RUNS = 5;
const RUN_MS = 3_000;
const CALLERS = 4;
const CYCLES = 300;
const KEY = `bench-${randomUUID()}`;
const NO_LIMIT = '100000000';
const TYPE = 'bench.noop';

interface Side {
  url: string;
  database: Client;
  dataSource: DataSource;
  client: string;
}

class GrowthBench {
  private readonly results = new Measurements('growth');
  /** Jobs that one API process accepted in a second, on the small database. */
  private accepted: number[] = [];

  constructor(
    private readonly grown: Side,
    private readonly alone: Side,
    private readonly start: (side: Side) => Promise<BenchServer>,
  ) {}

  async run(): Promise<void> {
    if (ROWS.includes('routes')) await this.routes();
    if (ROWS.includes('engine')) await this.engine();
    if (ROWS.includes('clients')) await this.clients();
    if (ROWS.includes('snapshot')) await this.snapshot();
    // Last: it takes away what the others are measured on.
    if (ROWS.includes('ageing')) await this.ageing();
    this.results.print();
  }

  private async routes(): Promise<void> {
    const [grown, alone] = [await this.start(this.grown), await this.start(this.alone)];
    const calls: [string, 'GET' | 'POST', number, (server: BenchServer) => Promise<string[]>][] = [
      ['POST of a report', 'POST', 202, async () => Promise.resolve(['/v1/orders/reports'])],
      [
        'poll of a job in flight',
        'GET',
        200,
        async (server) => {
          const made = Array.from({ length: 50 }, () => server.call('POST', '/v1/orders/reports', 202));
          return (await Promise.all(made)).map(({ id }) => `/v1/orders/reports/status/${String(id)}`);
        },
      ],
      ['list of jobs', 'GET', 200, async () => Promise.resolve(['/v1/jobs'])],
      ['list of failed jobs', 'GET', 200, async () => Promise.resolve(['/v1/jobs?status=FAILED'])],
      ['event feed', 'GET', 200, async () => Promise.resolve(['/v1/events'])],
      [
        'list of exhausted deliveries',
        'GET',
        200,
        async () => Promise.resolve(['/v1/webhooks/deliveries?status=EXHAUSTED']),
      ],
    ];
    try {
      for (const [name, method, status, pathsOf] of calls) {
        const [grownPaths, alonePaths] = [await pathsOf(grown), await pathsOf(alone)];
        const seen: [Run[], Run[]] = [[], []];
        // The first run of each warms up.
        for (let run = 0; run <= RUNS; run += 1) {
          for (const side of [this.grown, this.alone])
            await side.database.query(
              `DELETE FROM job WHERE state = 'PENDING' AND type <> '${TYPE}' AND NOT id::text = ANY($1)`,
              [[...grownPaths, ...alonePaths].map((path) => path.slice(path.lastIndexOf('/') + 1))],
            );
          const runs = [
            await grown.load(method, grownPaths, status, RUN_MS, CALLERS),
            await alone.load(method, alonePaths, status, RUN_MS, CALLERS),
          ] as const;
          if (run > 0) runs.forEach((each, index) => seen[index]?.push(each));
        }
        if (method === 'POST') this.accepted = seen[1].map(({ perSecond }) => perSecond);
        this.compare(name, seen, 1.2, 1.5);
      }
    } finally {
      await grown.stop();
      await alone.stop();
    }
  }

  /** One job after the other, of a client of many and of the only one. */
  private async engine(): Promise<void> {
    const claims: [number[], number[]] = [[], []];
    const ends: [number[], number[]] = [[], []];
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      for (const [index, side] of [this.grown, this.alone].entries()) {
        await side.database.query(
          `INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
           VALUES (uuid_v7(), $1, '${TYPE}', '{}', '{}', 3, 3, '{only}', now() + interval '1 hour')`,
          [side.client],
        );
        const from = performance.now();
        const [job] = await new JobClaims(side.dataSource, new JobSignals()).claim({
          types: [TYPE],
          worker: 'bench',
          leaseSeconds: 60,
          alone: true,
          most: 1,
        });
        const claimed = performance.now();
        await new JobTransitions(side.dataSource, new JobSignals()).complete({
          jobId: job!.id,
          attempt: job!.attempt,
          result: {},
          size: null,
          retentionDays: null,
        });
        claims[index]?.push(claimed - from);
        ends[index]?.push(performance.now() - claimed);
      }
    }
    for (const [name, [grown, alone]] of [
      ['claim', claims],
      ['completion', ends],
    ] as const) {
      this.results.add(`${name}, p50`, 'ms', grown, alone, { aim: 'ratio 1.2 or less', most: 1.2 });
      this.results.add(`${name}, p99`, 'ms', [quantile(grown, 0.99)], [quantile(alone, 0.99)], {
        aim: 'ratio 1.5 or less',
        most: 1.5,
      });
    }
  }

  /** Claims a second, of ten at a time. */
  private async clients(): Promise<void> {
    const perSecond = async (side: Side, clients: number, each: number): Promise<number[]> => {
      await side.database.query(`DELETE FROM job WHERE state IN ('PENDING', 'IN_PROGRESS')`);
      await addWaiting(side.database, clients, each);
      const runs: number[] = [];
      const claims = new JobClaims(side.dataSource, new JobSignals());
      for (let run = 0; run < RUNS; run += 1) {
        const from = performance.now();
        for (let claim = 0; claim < 10; claim += 1)
          await claims.claim({ types: [TYPE], worker: 'bench', leaseSeconds: 3_600, alone: false, most: 10 });
        runs.push(100_000 / (performance.now() - from));
      }
      await side.database.query(`DELETE FROM job WHERE state IN ('PENDING', 'IN_PROGRESS')`);
      return runs;
    };
    const many = await perSecond(this.alone, CLIENTS, 10);
    const one = await perSecond(this.alone, 1, CLIENTS * 10);
    this.results.add('jobs claimed, 10,000 clients with 10 each, beside one with 100,000', '1/s', many, one, {
      aim: 'ratio 0.8 or more',
      least: 0.8,
    });
  }

  private async snapshot(): Promise<void> {
    const { database, dataSource, client } = this.alone;
    const [found] = (await database.query<{ orders: number }>('SELECT count(*)::int AS orders FROM orders'))
      .rows;
    if (found!.orders < ORDERS) await addOrders(database, client, ORDERS - found!.orders);
    const filter = {
      startDate: '2015-01-01',
      endDate: '2017-01-01',
      timeZone: 'UTC',
      statuses: null,
      includeItems: false,
    };
    const [held, bare]: [number[], number[]] = [[], []];
    const file = join(tmpdir(), `order-reports-bench-copy-${process.pid}`);
    for (let run = 0; run <= RUNS; run += 1) {
      let from = performance.now();
      await pipeline(
        database.query(copyTo(`COPY (${spooledRows(client, filter, false, escapeLiteral)}) TO STDOUT`)),
        createWriteStream(file),
      );
      const copied = (performance.now() - from) / 1_000;
      from = performance.now();
      const spooled = await new OrderReportQueries(dataSource).withSnapshot(client, filter, {}, () =>
        Promise.resolve((performance.now() - from) / 1_000),
      );
      if (run === 0) continue;
      bare.push(copied);
      held.push(spooled);
    }
    rmSync(file);
    this.results.add(`a report of ${ORDERS} rows holds its snapshot, beside a bare COPY`, 's', held, bare, {
      aim: 'ratio 2 or less',
      most: 2,
    });
  }

  private async ageing(): Promise<void> {
    const { database, dataSource } = this.grown;
    // It was said long ago.
    await database.query(
      `INSERT INTO retention SELECT kind, 1, now() - interval '2 days' FROM unnest(ARRAY['job', 'webhook_message']) kind
       ON CONFLICT (kind) DO UPDATE SET days = 1, said_at = excluded.said_at`,
    );
    const rate = async (table: 'job' | 'webhook_message'): Promise<number> => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 10_000);
      const from = performance.now();
      const removed = await new AgeingService(dataSource).remove(
        { table, rows: 'rows', setting: 'none', days: 1, isOver: () => `r.created_at < now()` },
        stop.signal,
      );
      return (removed * 1_000) / (performance.now() - from);
    };
    const messages = [await rate('webhook_message')];
    const jobs = [await rate('job')];
    const twice = { aim: 'ratio 2 or more', least: 2 };
    const made = this.accepted.length > 0 ? this.accepted : [NaN];
    this.results.add('jobs with their events removed, beside reports accepted', '1/s', jobs, made, twice);
    this.results.add(
      'messages with their deliveries removed, beside reports accepted',
      '1/s',
      messages,
      made,
      twice,
    );
  }

  private compare(name: string, [grown, alone]: [Run[], Run[]], p50: number, p99: number): void {
    const of = (label: 'p50' | 'p99', most: number): void =>
      this.results.add(
        `${name}, ${label}`,
        'ms',
        grown.map((run) => run[label]),
        alone.map((run) => run[label]),
        {
          aim: `ratio ${most} or less`,
          most,
        },
      );
    of('p50', p50);
    of('p99', p99);
  }
}

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  const kept = process.env['GROWTH_DIR'];
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  mkdirSync(dataDir, { recursive: true });
  const services = await startEmbeddedServices({
    dataDir,
    postgres: true,
    redis: true,
    durable: true,
    log: () => undefined,
  });
  const start = ({ url }: Pick<Side, 'url'>): Promise<BenchServer> =>
    BenchServer.start('ours', KEY, {
      NODE_ENV: 'production',
      ROLE: 'api',
      DATABASE_URL: url,
      REDIS_URL: services.redisUrl,
      DATA_DIR: dataDir,
      DEMO_API_KEY: KEY,
      SAMPLE_DATA: 'false',
      MAX_JOBS_IN_FLIGHT: '1000000',
      RATE_LIMIT_SUBMIT: NO_LIMIT,
      RATE_LIMIT_POLL: NO_LIMIT,
      RATE_LIMIT_OTHER: NO_LIMIT,
      LOG_LEVEL: 'error',
    });
  const sides: Side[] = [];
  try {
    for (const [name, jobs] of [
      [`grown_${JOBS}`, JOBS],
      ['alone', 0],
    ] as const)
      sides.push(await open(services.databaseUrl!, name, jobs, start));
    console.log(`filled: ${JOBS} jobs, in ${dataDir}`);
    await new GrowthBench(sides[0]!, sides[1]!, start).run();
  } finally {
    for (const { database, dataSource } of sides) {
      await dataSource.destroy();
      await database.end();
    }
    await services.stop();
    if (kept === undefined) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A database of the cluster, filled unless it is there. */
async function open(
  clusterUrl: string,
  name: string,
  jobs: number,
  start: (side: Pick<Side, 'url'>) => Promise<BenchServer>,
): Promise<Side> {
  const cluster = new Client({ connectionString: clusterUrl });
  await cluster.connect();
  const { rowCount } = await cluster.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await cluster.query(`CREATE DATABASE ${name}`);
  await cluster.end();
  const url = Object.assign(new URL(clusterUrl), { pathname: `/${name}` }).href;
  await migrate(url);
  const database = new Client({ connectionString: url });
  await database.connect();
  // A start makes the client of the key.
  await (await start({ url })).stop();
  const owner = `(SELECT id FROM client WHERE name = 'Demo')`;
  const client = (await database.query<{ id: string }>(`SELECT id FROM client WHERE id = ${owner}`)).rows[0]!
    .id;
  if (rowCount === 0) {
    await addHistory(database, `ARRAY[${owner}]`, OWN_JOBS);
    if (jobs > 0) {
      await database.query(
        `INSERT INTO client (name) SELECT 'Client ' || n FROM generate_series(1, ${CLIENTS}) n`,
      );
      await addHistory(database, `(SELECT array_agg(id) FROM client WHERE name LIKE 'Client %')`, jobs);
    }
  }
  const dataSource = await new DataSource(dataSourceOptions(url, 4)).initialize();
  return { url, database, dataSource, client };
}

void main();
