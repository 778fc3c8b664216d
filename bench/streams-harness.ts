import 'reflect-metadata';
import { ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Measurements, quantile, ratioAtMost, REPORTED, valueAtMost } from './measurements';
import type { Place } from './noop-jobs';
import { withServices } from './bench-services';

/** Beside each other: what a stream costs is to be the same. */
const [MANY, FEW] = [10_000, 1_000];
const MOST_LATE_MS = 250;
const SINGLE_EVENTS = 200;
const RUNS_OF_ALL = 5;
const IDLE_MS = 5_000;
/** More connections at once than a server accepts are tried again a second later. */
const OPENED_AT_ONCE = 100;
const KEY = 'bench-key-0123456789abcdefghijklmnop';

interface Usage {
  rss: number;
  heapUsed: number;
  cpuMicroseconds: number;
}

/** What one process with so many streams open did. */
interface Measured {
  kibibytes: number;
  heapKibibytes: number;
  idleShare: number;
  single: number[];
  all: number[];
}

class Streams {
  /** When an event with this number was seen. */
  readonly seen = new Map<number, number>();
  private readonly agent = new Agent({ maxSockets: Infinity });

  constructor(private readonly port: number) {}

  async open(jobIds: readonly string[]): Promise<void> {
    for (let from = 0; from < jobIds.length; from += OPENED_AT_ONCE)
      await Promise.all(jobIds.slice(from, from + OPENED_AT_ONCE).map((id) => this.openOne(id)));
  }

  close(): void {
    this.agent.destroy();
  }

  private async openOne(jobId: string): Promise<void> {
    const request = get({
      port: this.port,
      host: '127.0.0.1',
      path: `/v1/jobs/${jobId}/events`,
      headers: { authorization: `Bearer ${KEY}` },
      agent: this.agent,
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`A stream was answered ${response.statusCode}.`);
    request.on('error', () => undefined);
    response.setEncoding('utf8').on('error', () => undefined);
    response.on('data', (text: string) => {
      const now = performance.now();
      for (const [, number] of text.matchAll(/"number":(\d+)/g)) this.seen.set(Number(number), now);
    });
  }
}

async function usageOf(api: ChildProcess): Promise<Usage> {
  api.send('usage');
  const [usage] = (await once(api, 'message')) as [Usage];
  return usage;
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('Waited a minute in vain.');
    await sleep(5);
  }
}

/** Jobs that nobody works on, so that only our own events come. */
async function makeJobs(database: DataSource): Promise<string[]> {
  const [client] = await database.query<{ id: string }[]>(
    `INSERT INTO client (name) VALUES ('bench') RETURNING id`,
  );
  await database.query(
    `INSERT INTO api_key (client_id, name, hash, prefix, scopes)
     VALUES ($1, 'bench', sha256($2::bytea), 'bench', '{reports}')`,
    [client!.id, KEY],
  );
  const jobs = await database.query<{ id: string }[]>(
    `INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
     SELECT uuid_v7(), $1, 'orders.report', '{}', '{}', 1, 1, '{query,render,store}', now() + interval '1 h'
     FROM generate_series(1, $2) RETURNING id`,
    [client!.id, FEW + MANY],
  );
  return jobs.map(({ id }) => id);
}

const writeEvents = (database: DataSource, jobIds: string[], from: number): Promise<unknown> =>
  database.query(
    `INSERT INTO job_event (job_id, client_id, type, round, attempt, data)
     SELECT j.id, j.client_id, 'orders.report.progressed', 0, 0, jsonb_build_object('number', $2 + w.index - 1)
     FROM unnest($1::uuid[]) WITH ORDINALITY AS w(id, index) JOIN job j USING (id)`,
    [jobIds, from],
  );

async function measure(api: ChildProcess, database: DataSource, jobs: string[]): Promise<Measured> {
  const [{ port }] = (await once(api, 'message')) as [{ port: number }];
  // What a process takes once, it has taken then.
  const first = new Streams(port);
  await first.open(jobs.slice(0, OPENED_AT_ONCE));
  first.close();
  await sleep(1_000);
  const before = await usageOf(api);
  const streams = new Streams(port);
  await streams.open(jobs);
  await sleep(2_000);
  const open = await usageOf(api);
  const idleFrom = performance.now();
  await sleep(IDLE_MS);
  const idle = await usageOf(api);
  const idleShare = (idle.cpuMicroseconds - open.cpuMicroseconds) / ((performance.now() - idleFrom) * 1_000);

  const single: number[] = [];
  for (let number = 0; number < SINGLE_EVENTS; number += 1) {
    await writeEvents(database, [jobs[randomInt(jobs.length)]!], number);
    const from = performance.now();
    await until(() => streams.seen.has(number));
    single.push(streams.seen.get(number)! - from);
    await sleep(randomInt(50));
  }
  const all: number[] = [];
  for (let run = 0; run < RUNS_OF_ALL; run += 1) {
    const number = SINGLE_EVENTS + run * jobs.length;
    await writeEvents(database, jobs, number);
    const from = performance.now();
    await until(() => streams.seen.size === number + jobs.length);
    all.push(...jobs.map((_id, index) => streams.seen.get(number + index)! - from));
  }
  streams.close();
  const perStream = (bytes: number): number => bytes / 1_024 / jobs.length;
  return {
    kibibytes: perStream(open.rss - before.rss),
    heapKibibytes: perStream(open.heapUsed - before.heapUsed),
    idleShare,
    single,
    all,
  };
}

/** On an API process of its own. */
async function measureProcess(
  { databaseUrl, redisUrl, dataDir }: Place,
  database: DataSource,
  jobs: string[],
): Promise<Measured> {
  const api = fork(join(__dirname, 'streams-api.ts'), {
    execArgv: ['--require', './scripts/typescript.cjs', '--expose-gc'],
    env: {
      ...process.env,
      ROLE: 'api',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      DATA_DIR: dataDir,
      HELD_REQUESTS_PER_CLIENT: String(MANY),
      RATE_LIMIT_POLL: '100000',
      RATE_LIMIT_ADDRESS: '100000',
      LOG_LEVEL: 'error',
    },
  });
  try {
    return await measure(api, database, jobs);
  } finally {
    if (api.exitCode === null) {
      api.disconnect();
      await once(api, 'exit');
    }
  }
}

/** Open event streams on one API process: its memory, and how late an event of another process arrives. */
export async function measureStreams(results: Measurements): Promise<void> {
  await withServices(async (place) => {
    const database = await new DataSource({ type: 'postgres', url: place.databaseUrl }).initialize();
    const jobs = await makeJobs(database);
    const few = await measureProcess(place, database, jobs.slice(0, FEW));
    const many = await measureProcess(place, database, jobs.slice(FEW));
    await database.destroy();
    report(results, many, few);
  });
}

function report(results: Measurements, many: Measured, few: Measured): void {
  const of = `of ${MANY} open streams, beside ${FEW}`;
  // The resident set of a process with few streams differs by some MiB from run to run; its heap does not.
  results.add(`memory of each ${of}`, 'KiB', [many.kibibytes], [few.kibibytes], {
    ...ratioAtMost(1.5),
    aim: 'linear memory: ratio 1.5 or less',
  });
  results.add(`heap of each ${of}`, 'KiB', [many.heapKibibytes], [few.heapKibibytes], {
    ...ratioAtMost(1.2),
    aim: 'linear memory: ratio 1.2 or less',
  });
  results.add(`share of a core, idle, ${of}`, '', [many.idleShare], [few.idleShare], REPORTED);
  results.add(
    `event to reader, p50, ${of}`,
    'ms',
    [quantile(many.single, 0.5)],
    [quantile(few.single, 0.5)],
    REPORTED,
  );
  results.add(
    `event to reader, p99, ${of}`,
    'ms',
    [quantile(many.single, 0.99)],
    [quantile(few.single, 0.99)],
    valueAtMost(MOST_LATE_MS, 'ms'),
  );
  results.add(
    `an event to each, p50, ${of}`,
    'ms',
    [quantile(many.all, 0.5)],
    [quantile(few.all, 0.5)],
    REPORTED,
  );
  results.add(
    `an event to each, the last, ${of}`,
    'ms',
    [quantile(many.all, 1)],
    [quantile(few.all, 1)],
    REPORTED,
  );
}
