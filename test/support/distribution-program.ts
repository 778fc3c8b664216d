import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ensureDebianPackages, PACKAGE_CACHE_DIR } from '../../src/common/debian-packages';

export interface DistributionProgram {
  path: string;
  env: Record<string, string>;
}

/**
 * A program of the machine's own, that of the distribution before others; else the package of the same name, unpacked into the cache.
 *
 * @param folder where the package has it: `/usr/bin`
 * @throws Error that says why it cannot be had on this machine
 */
export async function distributionProgram({
  name,
  folder,
  log,
}: {
  name: string;
  folder: string;
  log: (line: string) => void;
}): Promise<DistributionProgram> {
  const searchPath = process.env['PATH'] ?? '';
  for (const dir of [folder, ...searchPath.split(delimiter)]) {
    const path = join(dir, name);
    const works = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (works) return { path, env: { PATH: searchPath } };
  }
  const { root, libraryPath } = await ensureDebianPackages({
    packages: [name],
    cacheDir: PACKAGE_CACHE_DIR,
    log,
  });
  return { path: join(root, folder, name), env: { PATH: searchPath, LD_LIBRARY_PATH: libraryPath } };
}
