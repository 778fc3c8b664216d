import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killGroup, processesWith } from './process-tree';

/** `order-reports-browser-<process>-<random>`: by the process it is known whether anybody still uses it. */
const PREFIX = 'order-reports-browser-';
const FOLDER = new RegExp(`^${PREFIX}(\\d+)-`);

let sweep: Promise<void> | undefined;

/** A new temporary folder; `removeWorkFolder` is owed for it. */
export async function makeWorkFolder(): Promise<string> {
  // Once and before our own first folder, so that it can never take one of ours.
  await (sweep ??= removeStaleFolders());
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

export async function removeWorkFolder(path: string): Promise<void> {
  // Children of a killed browser may still be writing for a moment.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * A process that was killed left its folders, and those of its browsers that were stopped or hung, and did not notice:
 * nobody else would end and remove them.
 */
async function removeStaleFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = FOLDER.exec(name)?.[1];
    const path = join(tmpdir(), name);
    if (owner === undefined || isAnotherLiveProcess(Number(owner))) continue;
    const { uid } = await stat(path).catch(() => ({ uid: -1 }));
    if (uid !== process.getuid?.()) continue;
    // Those of them that lead no group are in one of the leader's.
    (await processesWith(`--user-data-dir=${path}`)).forEach(killGroup);
    await removeWorkFolder(path);
  }
}

function isAnotherLiveProcess(pid: number): boolean {
  // In a container the process that was killed often had the same number as this one.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
