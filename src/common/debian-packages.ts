import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Shared by all that one clone runs, so that tests and `npm start` unpack a package once. */
export const PACKAGE_CACHE_DIR = resolve(__dirname, '../../.cache');

/** A second C library beside the system's loader would crash every program started with it. */
const NEVER_UNPACKED = new Set(['libc6', 'libc-bin', 'libc6-dev']);

export interface UnpackedPackages {
  /** Where the files lie: `<root>/usr/bin/...` */
  readonly root: string;
  /** For `LD_LIBRARY_PATH`. */
  readonly libraryPath: string;
}

/**
 * Unpacks Debian packages, with those they depend on and the system lacks, into a folder instead of installing them:
 * needs no root and changes nothing outside `cacheDir`. Reuses what an earlier call unpacked; processes that do the
 * same at once do not disturb each other.
 *
 * @throws Error that says why, when this is no Debian or its packages cannot be fetched
 */
export async function ensureDebianPackages(options: {
  packages: string[];
  cacheDir: string;
  log: (line: string) => void;
}): Promise<UnpackedPackages> {
  const { packages, cacheDir, log } = options;
  const base = join(cacheDir, 'debian');
  const root = join(base, `${[...packages].sort().join('+')}@${await releaseName()}-${process.arch}`);
  if (!(await exists(root))) {
    const work = join(base, `.work-${randomUUID()}`);
    log(`fetching ${packages.join(', ')} from the distribution's packages into ${root}`);
    try {
      await unpack(packages, work);
      await publish(join(work, 'root'), root);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return { root, libraryPath: (await libraryDirs(root)).join(':') };
}

async function unpack(packages: string[], work: string): Promise<void> {
  const downloads = join(work, 'downloads');
  const root = join(work, 'root');
  for (const dir of ['state/lists/partial', 'cache/archives/partial', 'downloads', 'root']) {
    await mkdir(join(work, dir), { recursive: true });
  }
  const apt = (...args: string[]): Promise<string> => aptGet([...privateState(work), ...args], downloads);
  // One broken source among several must not matter: whether the packages are known shows in the next step.
  const update = await apt('update').catch(messageOf);
  const plan = await apt('--simulate', 'install', '--no-install-recommends', ...packages).catch(
    (error: unknown) => {
      const complaints = update.split('\n').filter((line) => /^(Err:|[EW]: | {2})/.test(line));
      throw new Error([messageOf(error), ...complaints].join('\n'), { cause: error });
    },
  );
  const missing = [...plan.matchAll(/^Inst (\S+)(?: \[[^\]]*\])? \((\S+)/gm)]
    .map(([, name = '', version = '']) => ({ name, version }))
    .filter(({ name }) => !NEVER_UNPACKED.has(name));
  if (missing.length === 0) return;
  await apt('download', ...missing.map(({ name, version }) => `${name}=${version}`));
  for (const file of await readdir(downloads)) {
    await run('dpkg-deb', ['--extract', join(downloads, file), root]);
  }
}

/** Lists and archives of our own; the system's configuration, sources, proxies and installed packages. */
function privateState(work: string): string[] {
  return [
    `Dir::State=${join(work, 'state')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(work, 'cache')}`,
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    // As root it would switch to a user that need not be able to enter our folder.
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
}

async function aptGet(args: string[], cwd: string): Promise<string> {
  // By way of `env`, so that what else is set, a proxy above all, stays.
  const command = [
    'LC_ALL=C',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '--quiet',
    '--assume-yes',
    ...args,
  ];
  try {
    const { stdout, stderr } = await run('env', command, {
      cwd,
      timeout: 300_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    const notFound = (error as { code?: unknown }).code === 127;
    if (notFound) throw new Error('there is no apt-get on this system', { cause: error });
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`apt-get failed: ${stderr.trim() || String(error)}`, { cause: error });
  }
}

async function publish(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // Another process was faster and unpacked the same.
    if (!(await exists(to))) throw error;
  }
}

/** Where a Debian package keeps libraries: `lib`, and one folder per architecture below it. */
async function libraryDirs(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of [join(root, 'usr/lib'), join(root, 'lib')]) {
    const entries = await readdir(base, { withFileTypes: true }).catch(() => []);
    const dirs = [
      base,
      ...entries.filter((entry) => entry.isDirectory()).map((entry) => join(base, entry.name)),
    ];
    for (const dir of dirs) {
      if ((await readdir(dir).catch(() => [])).some((name) => /\.so(\.|$)/.test(name))) found.push(dir);
    }
  }
  return found;
}

async function releaseName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? 'unknown';
  return `${value('ID')}-${value('VERSION_ID')}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
