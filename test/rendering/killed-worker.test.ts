import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killGroup } from '../../src/report-requests/rendering/process-tree';
import { RunningProcess } from '../support/running-process';
import { browsersOf, pagesOf, processesOf } from './browser-processes';
import { eventually } from './test-renderer';

const workers: RunningProcess[] = [];
const groups: number[] = [];

/** Of these workers alone: others, of other suites too, would end what a killed one has left. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'order-reports-test-'));
});

/** A worker with its two browsers, which are ready to print. */
async function worker(): Promise<{ started: RunningProcess; browsers: number[] }> {
  const started = await RunningProcess.start(
    process.execPath,
    ['--require', './scripts/typescript.cjs', './test/rendering/render-process.ts'],
    { cwd: join(__dirname, '../..'), env: { ...process.env, TMPDIR: folder } },
  );
  workers.push(started);
  let browsers: number[] = [];
  await eventually('its browsers are ready', async () => {
    browsers = await browsersOf(started.pid);
    // Each has its first page and one for the first report.
    const pages = await Promise.all(browsers.map((browser) => pagesOf([browser])));
    return pages.length === 2 && pages.every(({ length }) => length === 2);
  });
  groups.push(...browsers);
  return { started, browsers };
}

const gone = (browser: number): Promise<void> =>
  eventually('a browser is gone', async () => (await processesOf([browser])).length === 0);

afterAll(async () => {
  for (const each of workers) await each.stop('SIGKILL');
  groups.forEach(killGroup);
  await rm(folder, { recursive: true, force: true });
});

it('leaves no browser behind when it is killed, not even one that is stopped, once the next one starts', async () => {
  const killed = await worker();
  const [running, stopped] = killed.browsers as [number, number];
  process.kill(-stopped, 'SIGSTOP');
  await killed.started.stop('SIGKILL');
  await gone(running);
  expect((await processesOf([stopped])).length).toBeGreaterThan(0);

  const next = await worker();
  await gone(stopped);
  const prefix = `order-reports-browser-${killed.started.pid}-`;
  expect((await readdir(folder)).filter((name) => name.startsWith(prefix))).toEqual([]);
  expect(await Promise.all(next.browsers.map((browser) => pagesOf([browser])))).toEqual([
    [expect.any(Number), expect.any(Number)],
    [expect.any(Number), expect.any(Number)],
  ]);
});
