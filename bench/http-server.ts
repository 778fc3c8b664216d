import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import type { Place } from './noop-jobs';

export interface Run {
  perSecond: number;
  p50: number;
  p99: number;
}

const CALLERS = 16;
const PERIOD = JSON.stringify({ start_date: '2016-01-01', end_date: '2017-01-01' });

const NO_LIMIT = '100000000';

/** Of an API process that the benchmark alone uses, with the key that it is called with. */
export const apiEnvironment = (
  { databaseUrl, redisUrl, dataDir }: Place,
  key: string,
): NodeJS.ProcessEnv => ({
  NODE_ENV: 'production',
  ROLE: 'api',
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
  DATA_DIR: dataDir,
  DEMO_API_KEY: key,
  SAMPLE_DATA: 'false',
  // Nothing ages while something is measured.
  JOB_RETENTION_DAYS: '365',
  EVENT_RETENTION_DAYS: '365',
  MAX_JOBS_IN_FLIGHT: '1000000',
  RATE_LIMIT_SUBMIT: NO_LIMIT,
  RATE_LIMIT_POLL: NO_LIMIT,
  RATE_LIMIT_OTHER: NO_LIMIT,
  LOG_LEVEL: 'error',
});

/** A server in a process of its own, so that it shares its event loop with nobody. */
export class BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly pool: Pool,
    private readonly key: string,
  ) {}

  static async start(kind: 'bare' | 'ours', key: string, env: NodeJS.ProcessEnv): Promise<BenchServer> {
    const args = ['--require', './scripts/typescript.cjs', join(__dirname, 'http-harness.ts'), kind];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^port (\d+)$/.exec(line)?.[1];
      if (port !== undefined)
        return new BenchServer(child, new Pool(`http://127.0.0.1:${port}`, { connections: CALLERS }), key);
    }
    throw new Error(`The server ${kind} did not start.`);
  }

  get megabytes(): number {
    const status = readFileSync(`/proc/${this.child.pid ?? 0}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
  }

  async call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    expected: number,
    key = this.key,
    sent = PERIOD,
  ): Promise<Record<string, unknown>> {
    const { statusCode, body } = await this.pool.request({
      method,
      path,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: sent } : {}),
    });
    const answer = (await body.json()) as Record<string, unknown>;
    if (statusCode !== expected)
      throw new Error(`${method} ${path}: ${statusCode} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** As many calls as go through in the time, by so many callers at once. @param keys of the paths, in their order */
  async load(
    method: 'GET' | 'POST',
    paths: readonly string[],
    expected: number,
    forMs: number,
    callers = CALLERS,
    keys: readonly string[] = [this.key],
  ): Promise<Run> {
    const took: number[] = [];
    let calls = 0;
    const from = performance.now();
    const caller = async (): Promise<void> => {
      for (let start = performance.now(); start - from < forMs; start = performance.now()) {
        calls += 1;
        await this.call(method, paths[calls % paths.length] ?? '', expected, keys[calls % keys.length]);
        took.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
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
