import type { Client } from 'pg';
import { apiEnvironment, BenchServer, type Run } from './http-server';
import { addCallers, begin } from './many-keys';
import type { Place } from './noop-jobs';

/** Until the compiler of Node has seen what is called. */
const WARM_UP_MS = 8_000;
const RUN_MS = 4_000;
const RUNS = 3;
/** What is read one after the other, so that no two callers at a time read the same. */
const READ = 100;

/** Clients with a key and a report each, who poll one after the other. */
export const KEYS = 10_000;

export interface BesideBare {
  runs: Record<'insert' | 'accept' | 'select' | 'poll' | 'keys', Run[]>;
  /** Megabytes of memory after them. */
  ours: number;
  bare: number;
}

/**
 * Accepting reports, polling them by one key and by many, and one INSERT and one SELECT of a bare Nest application on the same Postgres, in
 * alternation. Each is a process of its own. The database has nothing else, and is left with what they have made.
 */
export async function besideBare(place: Place, database: Client, key: string): Promise<BesideBare> {
  await database.query(
    `CREATE TABLE bench_bare (id uuid PRIMARY KEY DEFAULT uuid_v7(), body jsonb NOT NULL, created_at timestamptz DEFAULT now())`,
  );
  const servers: BenchServer[] = [];
  try {
    for (const kind of ['bare', 'ours'] as const)
      servers.push(await BenchServer.start(kind, key, apiEnvironment(place, key)));
    const [bare, ours] = [servers[0]!, servers[1]!];
    const runs = await measure(database, bare, ours);
    return { runs, ours: ours.megabytes, bare: bare.megabytes };
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function measure(database: Client, bare: BenchServer, ours: BenchServer): Promise<BesideBare['runs']> {
  const made = async (server: BenchServer, path: string): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: READ }, () => server.call('POST', path, 202)));
    return answers.map(({ id }) => String(id));
  };
  const rows = await made(bare, '/bare');
  const jobs = await made(ours, '/v1/orders/reports');
  await begin(database, jobs);
  const callers = await addCallers(database, jobs[0]!, KEYS);
  const rowPaths = rows.map((id) => `/bare/${id}`);
  const jobPaths = jobs.map((id) => `/v1/orders/reports/status/${id}`);
  const calls = {
    insert: (forMs: number) => bare.load('POST', ['/bare'], 202, forMs),
    accept: (forMs: number) => ours.load('POST', ['/v1/orders/reports'], 202, forMs),
    select: (forMs: number) => bare.load('GET', rowPaths, 200, forMs),
    poll: (forMs: number) => ours.load('GET', jobPaths, 200, forMs),
    keys: (forMs: number) => ours.load('GET', callers.paths, 200, forMs, undefined, callers.keys),
  };
  const seen: BesideBare['runs'] = { insert: [], accept: [], select: [], poll: [], keys: [] };
  const names = Object.keys(calls) as (keyof typeof calls)[];
  for (const name of names) await calls[name](WARM_UP_MS);
  // In alternation, so that whatever else the machine does meets all of them alike.
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of names) {
      await database.query(`DELETE FROM job WHERE state = 'PENDING'`);
      await database.query('DELETE FROM bench_bare WHERE NOT id = ANY($1)', [rows]);
      await database.query('VACUUM job, job_event, bench_bare');
      seen[name].push(await calls[name](RUN_MS));
    }
  }
  return seen;
}
