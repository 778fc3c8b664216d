import 'reflect-metadata';
import { ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get, IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { quantile, writeResults } from './measurements';

/** Open event streams on one API process: its memory, and how late an event of another process arrives. */

const STREAMS = 1_000;
const SINGLE_EVENTS = 200;
const KEY = 'bench-key-0123456789abcdefghijklmnop';

interface Usage {
  rss: number;
  heapUsed: number;
  cpuMicroseconds: number;
}

class Streams {
  /** When an event with this number was seen. */
  readonly seen = new Map<number, number>();
  private opened = 0;
  private refused: number | undefined;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  constructor(private readonly port: number) {}

  open(jobId: string): void {
    const headers = { authorization: `Bearer ${KEY}` };
    const path = `/v1/jobs/${jobId}/events`;
    get({ port: this.port, host: '127.0.0.1', path, headers, agent: this.agent }, (response) =>
      this.read(response),
    );
  }

  /** Whether all are open. */
  allOpen(): boolean {
    if (this.refused !== undefined) throw new Error(`A stream was answered ${this.refused}.`);
    return this.opened === STREAMS;
  }

  close(): void {
    this.agent.destroy();
  }

  private read(response: IncomingMessage): void {
    if (response.statusCode === 200) this.opened += 1;
    else this.refused = response.statusCode;
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
    [client!.id, STREAMS],
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

async function measure(
  api: ChildProcess,
  port: number,
  database: DataSource,
): Promise<Map<string, [number, string]>> {
  const jobs = await makeJobs(database);
  const streams = new Streams(port);
  const before = await usageOf(api);
  for (const id of jobs) streams.open(id);
  await until(() => streams.allOpen());
  await sleep(2_000);
  const open = await usageOf(api);
  const idleFrom = performance.now();
  await sleep(5_000);
  const idle = await usageOf(api);
  const idleShare = (idle.cpuMicroseconds - open.cpuMicroseconds) / ((performance.now() - idleFrom) * 1_000);

  const single: number[] = [];
  for (let number = 0; number < SINGLE_EVENTS; number += 1) {
    await writeEvents(database, [jobs[randomInt(STREAMS)]!], number);
    const from = performance.now();
    await until(() => streams.seen.has(number));
    single.push(streams.seen.get(number)! - from);
    await sleep(randomInt(50));
  }
  const first = SINGLE_EVENTS;
  await writeEvents(database, jobs, first);
  const from = performance.now();
  await until(() => streams.seen.size === SINGLE_EVENTS + STREAMS);
  const all = jobs.map((_id, index) => streams.seen.get(first + index)! - from);
  streams.close();
  return new Map<string, [number, string]>([
    [`memory of ${STREAMS} open streams`, [(open.rss - before.rss) / 2 ** 20, 'MiB']],
    [`heap of ${STREAMS} open streams`, [(open.heapUsed - before.heapUsed) / 2 ** 20, 'MiB']],
    ['share of a core while nothing happens', [idleShare, '']],
    [`delay of one event, ${STREAMS} streams open, p50`, [quantile(single, 0.5), 'ms']],
    [`delay of one event, ${STREAMS} streams open, p99`, [quantile(single, 0.99), 'ms']],
    [`delay of an event to each of ${STREAMS} streams at once, p50`, [quantile(all, 0.5), 'ms']],
    [`delay of an event to each of ${STREAMS} streams at once, worst`, [Math.max(...all), 'ms']],
  ]);
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  const services = await startEmbeddedServices({ dataDir, postgres: true, redis: true, log: console.log });
  const databaseUrl = services.databaseUrl ?? '';
  let api: ChildProcess | undefined;
  try {
    await migrate(databaseUrl);
    api = fork(join(__dirname, 'streams-api.ts'), {
      execArgv: ['--require', './scripts/typescript.cjs', '--expose-gc'],
      env: {
        ...process.env,
        ROLE: 'api',
        DATABASE_URL: databaseUrl,
        REDIS_URL: services.redisUrl,
        DATA_DIR: dataDir,
        HELD_REQUESTS_PER_CLIENT: String(STREAMS),
        RATE_LIMIT_POLL: '100000',
        RATE_LIMIT_ADDRESS: '100000',
        LOG_LEVEL: 'error',
      },
    });
    const [{ port }] = (await once(api, 'message')) as [{ port: number }];
    const database = await new DataSource({ type: 'postgres', url: databaseUrl }).initialize();
    const measured = await measure(api, port, database);
    await database.destroy();
    const results = [...measured].map(([name, [value, unit]]) => ({
      name,
      value,
      unit,
      beside: null,
      ratio: null,
      runs: [value],
    }));
    console.table(results.map(({ name, value, unit }) => ({ name, value: value.toFixed(2), unit })));
    writeResults('streams', results);
  } finally {
    if (api?.exitCode === null) {
      api.disconnect();
      await once(api, 'exit');
    }
    await services.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

void main();
