import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { killGroup } from '../../src/report-requests/rendering/process-tree';
import { makeWorkFolder, removeWorkFolder } from '../../src/report-requests/rendering/work-folder';
import { processesOf } from './browser-processes';
import { eventually } from './test-renderer';

let folder: string;

// Every process that starts a browser removes what it finds in the machine's folder: other suites do so meanwhile.
beforeAll(async () => {
  folder = await mkdtemp(join(os.tmpdir(), 'order-reports-test-'));
  jest.spyOn(os, 'tmpdir').mockReturnValue(folder);
});

afterAll(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function leftover(pid: number): Promise<string> {
  const path = join(folder, `order-reports-browser-${pid}-test`);
  await mkdir(join(path, 'within'), { recursive: true });
  await writeFile(join(path, 'within', 'file'), 'x');
  return path;
}

it('removes at the first use what processes that were killed have left, and nothing else', async () => {
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  const running = spawn('sleep', ['60']);
  const left = [await leftover(ended.pid!)];
  // In a container the process that was killed often had the number of the next one.
  left.push(await leftover(process.pid));
  const used = await leftover(running.pid!);
  const foreign = join(folder, `order-reports-test-files-${ended.pid}-x`);
  await mkdir(foreign);
  try {
    const path = await makeWorkFolder();
    expect(await exists(path)).toBe(true);
    expect(await Promise.all(left.map(exists))).toEqual([false, false]);
    expect(await Promise.all([used, foreign].map(exists))).toEqual([true, true]);
    await removeWorkFolder(path);
    expect(await exists(path)).toBe(false);
  } finally {
    running.kill('SIGKILL');
    await Promise.all([...left, used, foreign].map((path) => rm(path, { recursive: true, force: true })));
  }
});

it('ends a stopped browser that a killed process has left', async () => {
  const fresh = freshModule();
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  const path = await leftover(ended.pid!);
  // A shell keeps its arguments, as a browser does; its child has none of them.
  const arguments_ = ['-c', 'sleep 600 & wait', `--user-data-dir=${path}`];
  const browser = spawn('sh', arguments_, { detached: true, stdio: 'ignore' });
  try {
    const group = [browser.pid!];
    await eventually('both run', async () => (await processesOf(group)).length === 2);
    process.kill(-browser.pid!, 'SIGSTOP');
    await fresh.removeWorkFolder(await fresh.makeWorkFolder());
    await eventually('both are gone', async () => (await processesOf(group)).length === 0);
    expect(await exists(path)).toBe(false);
  } finally {
    killGroup(browser.pid!);
    await rm(path, { recursive: true, force: true });
  }
});

it('leaves what belongs to another user', async () => {
  if (process.getuid?.() !== 0) return;
  const fresh = freshModule();
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  const path = await leftover(ended.pid!);
  execFileSync('chown', ['-R', '65534', path]);
  try {
    await fresh.removeWorkFolder(await fresh.makeWorkFolder());
    expect(await exists(path)).toBe(true);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
});

/** As a process finds it that starts: it looks for what others left once. */
function freshModule(): { makeWorkFolder: typeof makeWorkFolder; removeWorkFolder: typeof removeWorkFolder } {
  jest.resetModules();
  return jest.requireActual('../../src/report-requests/rendering/work-folder');
}
