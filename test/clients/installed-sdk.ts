import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InstalledPackage } from '../sdk/installed-package';

let installed: Promise<InstalledPackage> | undefined;

/** The SDK as it is now, packed and installed once in a run, for all cells that run it. */
export const installedSdk = (packages: string): Promise<InstalledPackage> =>
  (installed ??= installAnew(join(packages, 'sdk')));

async function installAnew(folder: string): Promise<InstalledPackage> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return InstalledPackage.install(folder);
}
