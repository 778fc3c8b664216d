import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { apiEnvironment, BenchServer, type Run } from './http-server';
import { type Measurement, median, writeResults } from './measurements';

/** Accepting and polling reports, beside one INSERT and one SELECT of a bare Nest application on the same Postgres. */

const RUNS = 3;
/** Until the compiler of Node has seen what is called. */
const WARM_UP_MS = 8_000;
const RUN_MS = 4_000;
/** What is read one after the other, so that no two callers at a time read the same. */
const READ = 100;
const KEY = `bench-${randomUUID()}`;

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

async function measure(database: Client, bare: BenchServer, ours: BenchServer): Promise<Measurement[]> {
  const made = async (server: BenchServer, path: string): Promise<string[]> => {
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
  // In alternation, so that whatever else the machine does meets all of them alike.
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
  const servers: BenchServer[] = [];
  const database = new Client({ connectionString: services.databaseUrl });
  try {
    await migrate(services.databaseUrl!);
    await database.connect();
    await database.query(
      `CREATE TABLE bench_bare (id uuid PRIMARY KEY DEFAULT uuid_v7(), body jsonb NOT NULL, created_at timestamptz DEFAULT now())`,
    );
    const env = apiEnvironment(
      { databaseUrl: services.databaseUrl!, redisUrl: services.redisUrl!, dataDir },
      KEY,
    );
    for (const kind of ['bare', 'ours'] as const) servers.push(await BenchServer.start(kind, KEY, env));
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
