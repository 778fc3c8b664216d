import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensureDebianPackages, PACKAGE_CACHE_DIR } from '../common/debian-packages';

const NAMES = ['redis-server', 'valkey-server'];
const USUAL_DIRS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

export interface RedisBinary {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The machine's own Redis or Valkey, else the distribution's package, unpacked into the cache.
 *
 * @throws Error that says what to install or to set
 */
export async function findRedisBinary(log: (line: string) => void): Promise<RedisBinary> {
  const searchPath = process.env['PATH'] ?? '';
  const installed = await firstExecutable([...searchPath.split(delimiter), ...USUAL_DIRS]);
  if (installed !== undefined) return { path: installed, env: { PATH: searchPath } };
  try {
    const { root, libraryPath } = await ensureDebianPackages({
      packages: ['redis-server'],
      cacheDir: PACKAGE_CACHE_DIR,
      log,
    });
    const unpacked = await firstExecutable([join(root, 'usr/bin')]);
    if (unpacked === undefined) throw new Error(`the package redis-server holds no program (${root})`);
    return { path: unpacked, env: { PATH: searchPath, LD_LIBRARY_PATH: libraryPath } };
  } catch (error) {
    throw new Error(missingRedis(error), { cause: error });
  }
}

async function firstExecutable(dirs: string[]): Promise<string | undefined> {
  for (const dir of dirs.filter((entry) => entry !== '')) {
    for (const name of NAMES) {
      const path = join(dir, name);
      const usable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (usable) return path;
    }
  }
  return undefined;
}

function missingRedis(reason: unknown): string {
  return [
    'There is no redis-server or valkey-server on this machine, and fetching one from the distribution failed.',
    'Either install one:',
    '  Debian, Ubuntu:  apt-get install redis-server',
    '  Fedora:          dnf install valkey',
    '  Alpine:          apk add redis',
    '  macOS:           brew install redis',
    'or set REDIS_URL to a Redis that runs already, for example REDIS_URL=redis://localhost:6379',
    `The reason: ${reason instanceof Error ? reason.message : String(reason)}`,
  ].join('\n');
}
