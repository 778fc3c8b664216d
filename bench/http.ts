import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { Pool } from 'undici';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { type Measurement, median, writeResults } from './measurements';

/** Accepting and polling reports, beside one INSERT and one SELECT of a bare Nest application on the same Postgres. */

interface Run {
  perSecond: number;
  p50: number;
  p99: number;
}

const RUNS = 3;
/** Until the compiler of Node has seen what is called. */
const WARM_UP_MS = 8_000;
const RUN_MS = 4_000;
const CALLERS = 16;
/** What is read in turn, so that no two callers at a time read the same. */
const READ = 100;
const KEY = `bench-${randomUUID()}`;
const NO_LIMIT = '100000000';
const PERIOD = JSON.stringify({ start_date: '2016-01-01', end_date: '2017-01-01' });

/** A server in a process of its own, so that it shares its event loop with nobody. */
class Server {
  private constructor(
    private readonly child: ChildProcess,
    private readonly pool: Pool,
  ) {}

  static async start(kind: 'bare' | 'ours', env: NodeJS.ProcessEnv): Promise<Server> {
    const args = ['--require', './scripts/typescript.cjs', join(__dirname, 'http-house.ts'), kind];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^port (\d+)$/.exec(line)?.[1];
      if (port !== undefined)
        return new Server(child, new Pool(`http://127.0.0.1:${port}`, { connections: CALLERS }));
    }
    throw new Error(`The server ${kind} did not start.`);
  }

  get megabytes(): number {
    const status = readFileSync(`/proc/${this.child.pid ?? 0}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
  }

  async call(method: 'GET' | 'POST', path: string, expected: number): Promise<Record<string, unknown>> {
    const { statusCode, body } = await this.pool.request({
      method,
      path,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: PERIOD } : {}),
    });
    const answer = (await body.json()) as Record<string, unknown>;
    if (statusCode !== expected)
      throw new Error(`${method} ${path}: ${statusCode} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** As many calls as go through in the time, by so many callers at once. */
  async load(
    method: 'GET' | 'POST',
    paths: readonly string[],
    expected: number,
    forMs: number,
  ): Promise<Run> {
    const took: number[] = [];
    let calls = 0;
    const from = performance.now();
    const caller = async (): Promise<void> => {
      for (let start = performance.now(); start - from < forMs; start = performance.now()) {
        calls += 1;
        await this.call(method, paths[calls % paths.length] ?? '', expected);
        took.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    const seconds = (performance.now() - from) / 1_000;
    took.sort((a, b) => a - b);
    const at = (share: number): number => took[Math.floor(took.length * share)] ?? NaN;
    return { perSecond: took.length / seconds, p50: at(0.5), p99: at(0.99) };
  }

  async stop(): Promise<void> {
    await this.pool.destroy();
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

function compare(name: string, ours: Run[], bare: Run[]): Measurement[] {
  const of = (label: string, unit: string, pick: (run: Run) => number): Measurement => {
    const [value, beside] = [median(ours.map(pick)), median(bare.map(pick))];
    return { name: `${name}, ${label}`, value, unit, beside, ratio: value / beside, runs: ours.map(pick) };
  };
  return [
    of('rate', '1/s', ({ perSecond }) => perSecond),
    of('p50', 'ms', ({ p50 }) => p50),
    of('p99', 'ms', ({ p99 }) => p99),
  ];
}

async function measure(database: Client, bare: Server, ours: Server): Promise<Measurement[]> {
  const made = async (server: Server, path: string): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: READ }, () => server.call('POST', path, 202)));
    return answers.map(({ id }) => String(id));
  };
  const rows = await made(bare, '/bare');
  const jobs = await made(ours, '/v1/orders/reports');
  // Reports in the midst of their work, as a poller mostly finds them.
  await database.query(
    `UPDATE job SET state = 'IN_PROGRESS', started_at = now(), attempt = 1, lease_owner = 'bench',
       lease_until = now() + interval '1 hour', deadline_at = now() + interval '1 hour' WHERE id = ANY($1)`,
    [jobs],
  );
  const rowPaths = rows.map((id) => `/bare/${id}`);
  const jobPaths = jobs.map((id) => `/v1/orders/reports/status/${id}`);
  const calls = {
    insert: (forMs: number) => bare.load('POST', ['/bare'], 202, forMs),
    accept: (forMs: number) => ours.load('POST', ['/v1/orders/reports'], 202, forMs),
    select: (forMs: number) => bare.load('GET', rowPaths, 200, forMs),
    poll: (forMs: number) => ours.load('GET', jobPaths, 200, forMs),
  };
  const seen = { insert: [] as Run[], accept: [] as Run[], select: [] as Run[], poll: [] as Run[] };
  const names = Object.keys(calls) as (keyof typeof calls)[];
  for (const name of names) await calls[name](WARM_UP_MS);
  // Turn by turn, so that whatever else the machine does meets all of them alike.
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of names) {
      await database.query('DELETE FROM job WHERE NOT id = ANY($1)', [jobs]);
      await database.query('DELETE FROM bench_bare WHERE NOT id = ANY($1)', [rows]);
      await database.query('VACUUM job, job_event, bench_bare');
      seen[name].push(await calls[name](RUN_MS));
    }
  }
  const memory = { value: ours.megabytes, beside: bare.megabytes };
  return [
    ...compare('a report accepted, beside an INSERT', seen.accept, seen.insert),
    ...compare('a status poll, beside a SELECT', seen.poll, seen.select),
    { name: 'memory', unit: 'MB', ...memory, ratio: memory.value / memory.beside, runs: [memory.value] },
  ];
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  const services = await startEmbeddedServices({
    dataDir,
    postgres: true,
    redis: true,
    durable: true,
    log: () => undefined,
  });
  const servers: Server[] = [];
  const database = new Client({ connectionString: services.databaseUrl });
  try {
    await migrate(services.databaseUrl!);
    await database.connect();
    await database.query(
      `CREATE TABLE bench_bare (id uuid PRIMARY KEY DEFAULT uuid_v7(), body jsonb NOT NULL, created_at timestamptz DEFAULT now())`,
    );
    const env = {
      NODE_ENV: 'production',
      ROLE: 'api',
      DATABASE_URL: services.databaseUrl,
      REDIS_URL: services.redisUrl,
      DATA_DIR: dataDir,
      DEMO_API_KEY: KEY,
      SAMPLE_DATA: 'false',
      MAX_JOBS_IN_FLIGHT: '1000000',
      RATE_LIMIT_SUBMIT: NO_LIMIT,
      RATE_LIMIT_OTHER: NO_LIMIT,
      LOG_LEVEL: 'error',
    };
    for (const kind of ['bare', 'ours'] as const) servers.push(await Server.start(kind, env));
    const results = await measure(database, servers[0]!, servers[1]!);
    console.table(
      results.map(({ name, value, unit, beside, ratio }) => ({
        name,
        value: value.toFixed(1),
        unit,
        beside: beside?.toFixed(1),
        ratio: ratio?.toFixed(2),
      })),
    );
    writeResults('http', results);
  } finally {
    for (const server of servers) await server.stop();
    await database.end().catch(() => undefined);
    await services.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

void main();
