import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Shared by all runs of a clone, and out of what is checked and committed. */
const FOLDER = resolve(__dirname, '../../.cache/clients');
const LOCKFILE = 'package-lock.json';

/**
 * Installs what the cells run with, as the lockfile has it: generators and runtimes, which nobody needs who uses or
 * develops the service.
 *
 * @returns the folder whose `node_modules` they are in
 */
export async function installPackages(log: (line: string) => void): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  // Generators read that of the project that they are installed in, which without it is that of the service.
  copyFileSync(join(__dirname, 'adapters/tsconfig.json'), join(FOLDER, 'tsconfig.json'));
  const wanted = readFileSync(join(__dirname, LOCKFILE), 'utf8');
  const mark = join(FOLDER, '.installed-for');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return FOLDER;
  for (const name of ['package.json', LOCKFILE]) copyFileSync(join(__dirname, name), join(FOLDER, name));
  log('installing the packages of test/clients');
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  const [status] = (await once(npm, 'exit')) as [number | null];
  if (status !== 0) throw new Error('npm ci failed in test/clients');
  writeFileSync(mark, wanted);
  return FOLDER;
}

export function versionOf(name: string, folder: string): string {
  const { version } = JSON.parse(
    readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
  ) as { version: string };
  return version;
}
