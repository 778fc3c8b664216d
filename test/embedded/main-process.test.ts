import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningProcess } from '../support/running-process';
import { waitFor } from '../support/services';
import { makeDataDir, removeDataDir } from '../support/test-data-dir';
import { compileClone } from './compiled-clone';
import { query, runningOf, serviceProcesses } from './service-state';

let clone: string;
let program: string;
let dataDir: string;
const hosts: RunningProcess[] = [];

beforeAll(async () => {
  clone = mkdtempSync(join(tmpdir(), 'embedded-host-'));
  program = await compileClone(clone);
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

beforeEach(() => {
  dataDir = makeDataDir();
});

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  removeDataDir(dataDir);
});

async function host(...args: string[]): Promise<RunningProcess> {
  const running = await RunningProcess.start(process.execPath, [program, dataDir, ...args]);
  hosts.push(running);
  return running;
}

async function ready(running: RunningProcess): Promise<string> {
  const [, json = ''] = await running.waitForOutput(/^ready (.*)$/m);
  return (JSON.parse(json) as { databaseUrl: string }).databaseUrl;
}

it('drains on Ctrl-C before its services stop, and leaves nothing behind', async () => {
  const running = await host();
  await ready(running);
  const processes = serviceProcesses(dataDir);
  running.signalGroup('SIGINT');
  expect(await running.exited()).toBe(0);
  expect(running.output).toMatch(/drained\nstopped/);
  expect(runningOf(processes)).toEqual([]);
});

it('takes its services along when it exits without stopping them', async () => {
  const running = await host('exit');
  await ready(running);
  const processes = serviceProcesses(dataDir);
  running.signal('SIGTERM');
  expect(await running.exited()).toBe(3);
  await waitFor(() => runningOf(processes).length === 0, { what: 'the services to end' });
});

it('takes them along when it is interrupted while they start', async () => {
  const interrupt = async (): Promise<RunningProcess> => {
    const running = await host();
    // The record is written as the server is spawned, long before it serves.
    const processes = await waitFor(() => serviceProcesses(dataDir), {
      what: 'both to be spawned',
      everyMs: 1,
    });
    running.signalGroup('SIGINT');
    await running.exited();
    await waitFor(() => runningOf(processes).length === 0, { what: 'the services to end' });
    return running;
  };
  // Where the machine stands still at the wrong moment they have started by then: once more.
  let running = await interrupt();
  for (let tries = 1; tries < 5 && running.output.includes('ready'); tries += 1) {
    removeDataDir(dataDir);
    dataDir = makeDataDir();
    running = await interrupt();
  }
  expect(running.output).not.toContain('ready');
  expect(await running.exited()).toBe(3);
});

it('finds and ends the services of a run that was killed, and has their data', async () => {
  const killed = await host();
  await query(await ready(killed), 'CREATE TABLE kept AS SELECT 7 AS n');
  const orphans = serviceProcesses(dataDir);
  killed.signal('SIGKILL');
  expect(await killed.exited()).toBe('SIGKILL');
  expect(runningOf(orphans)).toEqual(['postgres', 'redis']);

  const next = await host();
  expect((await query(await ready(next), 'SELECT n FROM kept')).rows).toEqual([{ n: 7 }]);
  expect(runningOf(orphans)).toEqual([]);
  expect(next.output).toContain(
    `stopped Redis (process ${orphans.redis.pid}), left behind by an earlier run`,
  );
  expect(next.output).toContain(
    `stopped Postgres (process ${orphans.postgres.pid}), left behind by an earlier run`,
  );
});

it('is refused a data directory that another process uses, and says which', async () => {
  const first = await host();
  await ready(first);
  const second = await host();
  expect(await second.exited()).toBe(1);
  expect(second.output).toContain(`${dataDir} is in use by process ${first.pid}`);
  expect(runningOf(serviceProcesses(dataDir))).toEqual(['postgres', 'redis']);
});
