import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { BenchServer, Run } from './http-server';
import { type Measurements, ratioAtMost } from './measurements';
import type { Place } from './noop-jobs';

/** Besides the asking client, in the grown database. */
export const CLIENTS = 10_000;
export const RUNS = 5;
export const RUN_MS = 3_000;
export const CALLERS = 4;
/** Of the jobs that rows make. */
export const TYPE = 'bench.noop';

/** One of the two databases that are compared. */
export interface Side {
  url: string;
  database: Client;
  dataSource: DataSource;
  /** The asking client, whose key the servers are called with. */
  client: string;
}

/** What each row of the benchmark gets. It takes back what it has changed. */
export interface GrowthContext {
  results: Measurements;
  /** With the history. */
  grown: Side;
  /** With the asking client's same rows alone. */
  alone: Side;
  services: Place;
  /** Starts an API process on a database, which ends with the row. */
  start: (side: Pick<Side, 'url'>, settings?: NodeJS.ProcessEnv) => Promise<BenchServer>;
}

type Percentiles = Pick<Run, 'p50' | 'p99'>;

/** Adds how long calls took with the history beside without. */
export function besideSmall(
  results: Measurements,
  name: string,
  grown: Percentiles[],
  alone: Percentiles[],
): void {
  for (const [label, most] of [
    ['p50', 1.2],
    ['p99', 1.5],
  ] as const)
    results.add(
      `${name}, ${label}`,
      'ms',
      grown.map((run) => run[label]),
      alone.map((run) => run[label]),
      ratioAtMost(most),
    );
}

/** Removes what waits and what runs. */
export async function clearQueue({ database }: Side): Promise<void> {
  await database.query(`DELETE FROM job WHERE state IN ('PENDING', 'IN_PROGRESS')`);
}
