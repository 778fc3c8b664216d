import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { startEngine } from './engine-harness';
import { addWaiting } from './growth-fill';

/** Jobs in the queue when the work begins, and seconds for which it is watched: less than all can be done in them. */
const JOBS = 100_000;
const SECONDS = 8;

/** What is measured beside: the same work in tables of its own. `batched` ones take many jobs at a time. */
export const PEERS = ['graphile-worker', 'pg-boss'];
export const BATCHED_PEERS = ['graphile-worker, local queue', 'pg-boss, batches of 1,000'];

export interface Place {
  databaseUrl: string;
  redisUrl: string;
  dataDir: string;
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

/** No-op jobs of one client that the engine ends in a second, one worker with so many slots. Jobs and events are kept. */
export async function ownRate({ databaseUrl, redisUrl, dataDir }: Place, slots: number): Promise<number> {
  return onEmpty(databaseUrl, async (database) => {
    await addWaiting(database, 1, JOBS);
    const environment = readEnvironment({ DATA_DIR: dataDir, JOB_CONCURRENCY: String(slots) });
    const ended = async (): Promise<number> => {
      const { rows } = await database.query<{ ended: number }>(
        `SELECT ${JOBS} - count(*)::int AS ended FROM job WHERE finished_at IS NULL`,
      );
      return rows[0]!.ended;
    };
    const worker = await startEngine(new AppConfig(environment, { databaseUrl, redisUrl }), {
      http: false,
      worker: true,
    });
    const from = performance.now();
    const before = await ended();
    await sleep(SECONDS * 1_000);
    const done = (await ended()) - before;
    const seconds = (performance.now() - from) / 1_000;
    await worker.close();
    return done / seconds;
  });
}

/** The same of another engine, in a process of its own; `null` when it cannot be installed. */
export async function peerRate(name: string, { databaseUrl }: Place, slots: number): Promise<number | null> {
  const folder = join(__dirname, 'peers');
  if (!existsSync(join(folder, 'node_modules'))) {
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) return null;
  }
  return onEmpty(databaseUrl, async () => {
    const args = [join(folder, 'peers.mjs'), name, databaseUrl, String(JOBS), String(slots), String(SECONDS)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 180_000 });
    return Number(stdout.trim().split('\n').at(-1));
  });
}
