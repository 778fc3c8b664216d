import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EmbeddedServiceOptions } from './embedded-service';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries';
import { canEnter, findServiceUser, type ServiceUser } from './service-user';

const run = promisify(execFile);

/** For root only: what another user must reach, when the data directory or the clone is closed to others. */
const SHARED_DIR = '/var/lib/order-reports';

export const SUPERUSER = 'order_reports';

export interface PostgresCluster {
  readonly dir: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServiceUser | undefined;
}

/** Where the cluster lies when the service user cannot enter the data directory. */
export function relocatedClusterHome(dataDir: string): string {
  return join(SHARED_DIR, createHash('sha256').update(dataDir).digest('hex').slice(0, 16));
}

/** Finds the data directory's cluster, or creates it: UTF-8, sorted by code point, password logins only. */
export async function openCluster({
  dataDir,
  durable,
  log,
}: EmbeddedServiceOptions): Promise<PostgresCluster> {
  const chosenUser = await findServiceUser(log);
  const home = await findHome(dataDir, chosenUser, log);
  const dir = join(home, 'postgres');
  // A cluster keeps its owner, also when a better user turns up later.
  const user = chosenUser === undefined ? undefined : ((await ownerOf(dir)) ?? chosenUser);
  const binaries = await findPostgresBinaries(user, SHARED_DIR, log);
  const passwordFile = join(dataDir, 'postgres.password');
  const version = await clusterVersion(dir);
  if (version === undefined) {
    log(`creating a Postgres ${binaries.majorVersion} cluster in ${dir}`);
    await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
    await create(dir, passwordFile, binaries.initdb, user, durable);
  } else {
    if (version !== binaries.majorVersion) {
      throw new Error(
        `The data in ${dir} was written by Postgres ${version}, the programs at hand are ${binaries.majorVersion}.`,
      );
    }
    // A copy made by root belongs to root.
    if (user !== undefined) await run('chown', ['-R', `${user.uid}:${user.gid}`, dir]);
  }
  return { dir, password: await readPassword(passwordFile, dir), binaries, user };
}

async function findHome(
  dataDir: string,
  user: ServiceUser | undefined,
  log: (line: string) => void,
): Promise<string> {
  if (user === undefined) return dataDir;
  const relocated = relocatedClusterHome(dataDir);
  const hereVersion = await clusterVersion(join(dataDir, 'postgres'));
  const thereVersion = await clusterVersion(join(relocated, 'postgres'));
  const reachable = await canEnter(user, dataDir);
  if (reachable && (hereVersion !== undefined || thereVersion === undefined)) return dataDir;
  if (hereVersion !== undefined && thereVersion === undefined) {
    throw new Error(
      `There is a Postgres cluster in ${dataDir}, but Postgres cannot run as root, and no other user can enter that folder. ` +
        `Let others pass through it and the folders above (chmod o+x), or set DATABASE_URL.`,
    );
  }
  log(
    `Postgres keeps its data in ${relocated}, because it cannot run as root and no other user can enter ${dataDir}`,
  );
  await mkdir(relocated, { recursive: true, mode: 0o711 });
  // Whatever the umask took away: others pass through to what is theirs.
  for (const dir of [SHARED_DIR, relocated]) await chmod(dir, 0o711);
  return relocated;
}

/** Under another name first, so that a cluster is either complete or not there. */
async function create(
  dir: string,
  passwordFile: string,
  initdb: string,
  user: ServiceUser | undefined,
  durable: boolean,
): Promise<void> {
  const unfinished = `${dir}.unfinished`;
  const passwordCopy = `${unfinished}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordCopy, await readFile(passwordFile), { mode: 0o600 });
  try {
    if (user !== undefined) {
      await chown(unfinished, user.uid, user.gid);
      await chown(passwordCopy, user.uid, user.gid);
    }
    const args = [
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordCopy}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      // The same order and the same letters on every machine, whatever its own locales are.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ];
    await run(initdb, args, { ...user, cwd: unfinished, env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
    await rename(unfinished, dir);
  } finally {
    await rm(passwordCopy, { force: true });
  }
}

async function readPassword(file: string, dir: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(
      `The password of the Postgres cluster in ${dir} is missing: restore ${file}, or remove both.`,
      {
        cause: error,
      },
    );
  }
}

async function clusterVersion(dir: string): Promise<string | undefined> {
  return readFile(join(dir, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function ownerOf(dir: string): Promise<ServiceUser | undefined> {
  const { uid, gid } = await stat(dir).catch(() => ({ uid: 0, gid: 0 }));
  return uid === 0 ? undefined : { uid, gid };
}
