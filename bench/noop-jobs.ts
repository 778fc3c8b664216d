import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { startEngine } from './engine-harness';
import { addWaiting } from './growth-fill';
import { type Aim, type Measurements, ratioAtLeast } from './measurements';

/** Jobs in the queue when the work begins, and seconds for which it is watched: less than all can be done in them. */
const JOBS = 100_000;
export const SECONDS = 8;
/** Of the runs beside peers. */
export const SLOTS = [10, 50, 100];

/** What is measured beside: the same work in tables of its own. `batched` ones take many jobs at a time. */
export const PEERS = ['graphile-worker', 'pg-boss'];
const BATCHED_PEERS = ['graphile-worker, local queue', 'pg-boss, batches of 1,000'];

export interface Place {
  databaseUrl: string;
  redisUrl: string;
  dataDir: string;
}

/** A transaction of somebody else's, opened after the first measurement; the second is of its last seconds. */
export interface Foreign {
  /** Enough for all that time. */
  jobs: number;
  seconds: number;
}

/** Removes what a run has left, so that the next begins in the same tables. */
async function cleared(database: Client): Promise<void> {
  await database.query('TRUNCATE job, job_event, idempotency_key, webhook_message, webhook_outbox CASCADE');
  await database.query(
    'DROP SCHEMA IF EXISTS peer_graphile CASCADE; DROP SCHEMA IF EXISTS peer_pgboss CASCADE',
  );
  await database.query('CHECKPOINT');
}

async function onEmpty<Result>(url: string, work: (database: Client) => Promise<Result>): Promise<Result> {
  const database = new Client({ connectionString: url });
  await database.connect();
  try {
    await cleared(database);
    return await work(database);
  } finally {
    await database.end();
  }
}

/**
 * No-op jobs of one client that the engine ends in a second, one worker with so many slots. Jobs and events are kept.
 *
 * @returns one rate, and a second one with a foreign transaction
 */
export async function ownRates(
  { databaseUrl, redisUrl, dataDir }: Place,
  slots: number,
  foreign?: Foreign,
): Promise<number[]> {
  return onEmpty(databaseUrl, async (database) => {
    await addWaiting(database, 1, foreign?.jobs ?? JOBS);
    const environment = readEnvironment({ DATA_DIR: dataDir, JOB_CONCURRENCY: String(slots) });
    const left = async (): Promise<number> => {
      const { rows } = await database.query<{ left: number }>(
        'SELECT count(*)::int AS left FROM job WHERE finished_at IS NULL',
      );
      return rows[0]!.left;
    };
    const watch = async (): Promise<number> => {
      const from = performance.now();
      const before = await left();
      await sleep(SECONDS * 1_000);
      const after = await left();
      if (after === 0) throw new Error('There were too few jobs.');
      return ((before - after) * 1_000) / (performance.now() - from);
    };
    const worker = await startEngine(new AppConfig(environment, { databaseUrl, redisUrl }), {
      http: false,
      worker: true,
    });
    try {
      const rates = [await watch()];
      if (foreign) rates.push(await whileOpen(databaseUrl, foreign.seconds, watch));
      return rates;
    } finally {
      await worker.close();
    }
  });
}

/** What `watch` finds in the last seconds of a transaction that reads one row and stays open. */
export async function whileOpen(
  databaseUrl: string,
  seconds: number,
  watch: () => Promise<number>,
): Promise<number> {
  const other = new Client({ connectionString: databaseUrl });
  await other.connect();
  try {
    await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM job LIMIT 1');
    await sleep((seconds - SECONDS) * 1_000);
    return await watch();
  } finally {
    await other.end();
  }
}

/** The same of another engine, in a process of its own; none when it cannot be installed. */
export async function peerRates(
  name: string,
  { databaseUrl }: Place,
  slots: number,
  foreign?: Foreign,
): Promise<number[]> {
  const folder = join(__dirname, 'peers');
  if (!existsSync(join(folder, 'node_modules'))) {
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) return [];
  }
  return onEmpty(databaseUrl, async () => {
    const numbers = [foreign?.jobs ?? JOBS, slots, SECONDS, foreign?.seconds ?? 0];
    const args = [join(folder, 'peers.mjs'), name, databaseUrl, ...numbers.map(String)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 600_000 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as number[];
  });
}

/**
 * Adds what one worker with so many slots does, beside the others. In alternation, so that what else the machine does meets
 * all of them.
 *
 * @param batched the aim of the comparison with those that take many jobs at a time
 */
export async function besidePeers(
  place: Place,
  slots: number,
  runs: number,
  results: Measurements,
  batched?: Aim,
): Promise<void> {
  const own: number[] = [];
  const others = new Map<string, number[]>([...PEERS, ...BATCHED_PEERS].map((name) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    own.push(...(await ownRates(place, slots)));
    for (const [name, rates] of others) rates.push(...(await peerRates(name, place, slots)));
  }
  for (const [name, rates] of others)
    results.add(
      `no-op jobs, ${slots} slots, beside ${name}`,
      '1/s',
      own,
      rates,
      PEERS.includes(name) ? ratioAtLeast(1) : batched,
    );
}
