import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from '../../src/common/debian-packages';

/** Small, on every mirror, and on hardly any machine: the test needs something that is not installed. */
const PACKAGE = 'redis-server';

const onDebian = existsSync('/usr/bin/apt-get') && !existsSync('/usr/bin/redis-server') ? it : it.skip;

let cacheDir: string;

beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'debian packages-'));
});

afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

onDebian('unpacks a package that runs, once, for all who ask at the same time', async () => {
  const lines: string[] = [];
  const ask = () => ensureDebianPackages({ packages: [PACKAGE], cacheDir, log: (line) => lines.push(line) });
  const [one, two] = await Promise.all([ask(), ask()]);
  expect(one).toEqual(two);

  const env = { LD_LIBRARY_PATH: one.libraryPath };
  const version = execFileSync(join(one.root, 'usr/bin/redis-server'), ['--version'], {
    env,
    encoding: 'utf8',
  });
  expect(version).toMatch(/^Redis server v=\d/);
  expect(readdirSync(join(cacheDir, 'debian'))).toEqual([one.root.split('/').at(-1)]);

  const madeAt = statSync(one.root).ctimeMs;
  expect(await ask()).toEqual(one);
  expect(statSync(one.root).ctimeMs).toBe(madeAt);
  expect(lines).toHaveLength(2);
});

onDebian('says why a package cannot be had, and leaves nothing half done', async () => {
  const wanted = { packages: ['there-is-no-such-package'], cacheDir, log: () => undefined };
  await expect(ensureDebianPackages(wanted)).rejects.toThrow(
    'Unable to locate package there-is-no-such-package',
  );
  expect(readdirSync(join(cacheDir, 'debian'))).toEqual([]);
});
