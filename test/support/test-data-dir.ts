import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { relocatedClusterHome } from '../../src/embedded/postgres-cluster';
import { identifyProcess, isRunning, parseIdentity } from '../../src/embedded/process-identity';
import { stopProcess } from '../../src/embedded/stop-process';

const PREFIX = 'order-reports-test-';
/** Which process of a test run made the directory. */
const MAKER = 'test-run.process';

/** A fresh data directory that, as root, other users can pass through, as they can through one that the application makes. */
export function makeDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  chmodSync(dir, 0o711);
  writeFileSync(join(dir, MAKER), JSON.stringify(identifyProcess(process.pid)));
  return dir;
}

export function removeDataDir(dir: string): void {
  for (const path of [dir, relocatedClusterHome(dir)]) rmSync(path, { recursive: true, force: true });
}

/**
 * Ends and removes what a test run left that was killed before it could tidy up. A run that goes on may have killed the
 * owner of a directory on purpose, and is about to look at what is left.
 */
export async function sweepAbandonedDataDirs(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(PREFIX))) {
    const dir = join(tmpdir(), name);
    const read = async (file: string) =>
      parseIdentity(await readFile(join(dir, file), 'utf8').catch(() => ''));
    const [maker, owner] = [await read(MAKER), await read('embedded.lock')];
    // Without a lock it is too new or no longer in use; its own run removes it.
    if (owner === undefined || isRunning(owner) || (maker !== undefined && isRunning(maker))) continue;
    for (const file of ['postgres.process', 'redis.process']) {
      const identity = await read(file);
      if (identity !== undefined) await stopProcess(identity, [{ signal: 'SIGQUIT', waitMs: 5_000 }]);
    }
    removeDataDir(dir);
  }
}
