import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, parseIdentity, type ProcessIdentity } from './process-identity';

/** A take-over lasts milliseconds; what is older was left by a process that died inside one. */
const TAKEOVER_ABANDONED_MS = 10_000;

export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that uses a data directory. The lock of a process that no longer runs is taken
 * over, also when its number belongs to another process by now.
 *
 * @throws Error naming the other process
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, 'embedded.lock');
  const own = identifyProcess(process.pid);
  if (own === undefined) throw new Error('cannot read the start time of this process');
  const mine = `${path}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify(own), { mode: 0o600 });
  try {
    // Linking a finished file: nobody ever reads a half-written lock.
    while (!(await linked(mine, path))) {
      const owner = await readOwner(path);
      if (owner !== undefined && isRunning(owner)) throw new Error(inUse(dataDir, owner));
      await takeOver(mine, path);
    }
  } finally {
    await rm(mine, { force: true });
  }
  return {
    release: async () => {
      if ((await readOwner(path))?.pid === process.pid) await rm(path, { force: true });
    },
  };
}

/** Removes a lock whose owner is dead. Two that try it at once would remove each other's new lock, hence the guard. */
async function takeOver(mine: string, path: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await linked(mine, guard))) {
    const age = Date.now() - (await stat(guard).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > TAKEOVER_ABANDONED_MS) await rename(guard, `${mine}.abandoned`).catch(() => undefined);
    await rm(`${mine}.abandoned`, { force: true });
    await sleep(20);
    return;
  }
  try {
    const owner = await readOwner(path);
    if (owner === undefined || !isRunning(owner)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(path: string): Promise<ProcessIdentity | undefined> {
  return parseIdentity(await readFile(path, 'utf8').catch(() => ''));
}

function inUse(dataDir: string, owner: ProcessIdentity): string {
  return (
    `The data directory ${dataDir} is in use by process ${owner.pid}. ` +
    `Stop that process first, or set DATA_DIR (and PORT) to run a second instance beside it.`
  );
}
