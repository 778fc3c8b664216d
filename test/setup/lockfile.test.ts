import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Lockfile {
  packages: Record<string, { optionalDependencies?: Record<string, string>; os?: string[] }>;
}

/** Without them `npm ci`, and so a first `npm start`, fails everywhere, and not only on the platforms left out. */
it('names the packages of every platform, not only of the one where it was written', () => {
  const text = readFileSync(resolve(__dirname, '../../package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as Lockfile;
  const missing = Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter(
      (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});
