import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { ensureDebianPackages, PACKAGE_CACHE_DIR } from '../../src/common/debian-packages';
import { canEnter, findServiceUser, type ServiceUser } from '../../src/embedded/service-user';
import { freePort, waitFor } from './services';

const run = promisify(execFile);

const INSTALLED = '/usr/lib/postgresql';
const SUPERUSER = 'postgres';

/** The distribution's own Postgres: with what the embedded one lacks (JIT, `pg_basebackup`). */
export class DistributionPostgres {
  private constructor(
    private readonly bin: string,
    private readonly environment: Record<string, string>,
    readonly user: ServiceUser | undefined,
  ) {}

  /**
   * Finds the programs on the machine, or unpacks them from the distribution's packages.
   *
   * @throws Error that says why they cannot be had here
   */
  static async find(log: (line: string) => void): Promise<DistributionPostgres> {
    const user = await findServiceUser(log);
    const installed = await newestBelow(INSTALLED);
    if (installed !== undefined) return new DistributionPostgres(installed, {}, user);
    const { root, libraryPath } = await ensureDebianPackages({
      packages: ['postgresql'],
      cacheDir: PACKAGE_CACHE_DIR,
      log,
    });
    const unpacked = await newestBelow(join(root, INSTALLED));
    if (unpacked === undefined)
      throw new Error('The package postgresql of this distribution has no programs.');
    if (user !== undefined && !(await canEnter(user, unpacked)))
      throw new Error(`Postgres cannot run as root, and no other user can enter ${unpacked}.`);
    return new DistributionPostgres(unpacked, { LD_LIBRARY_PATH: libraryPath }, user);
  }

  program(name: string): string {
    return join(this.bin, name);
  }

  get env(): Record<string, string> {
    return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...this.environment };
  }

  /** Runs a program to its end as the user whom the server runs as. */
  async run(name: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run(this.program(name), args, {
      ...this.user,
      cwd: '/',
      env: { ...this.env, ...env },
    });
    return stdout;
  }

  /** An empty folder that belongs to the user whom the server runs as. */
  async makeFolder(dir: string): Promise<void> {
    await mkdir(dir, { mode: 0o700 });
    if (this.user !== undefined) await chown(dir, this.user.uid, this.user.gid);
  }

  /** Makes an empty cluster in a folder that is not there yet; returns the password of its superuser `postgres`. */
  async createCluster(dir: string): Promise<string> {
    const password = randomBytes(24).toString('hex');
    const passwordFile = `${dir}.password`;
    await this.makeFolder(dir);
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (this.user !== undefined) await chown(passwordFile, this.user.uid, this.user.gid);
    await this.run('initdb', [
      `--pgdata=${dir}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ]);
    return password;
  }

  /** Starts a server on a cluster and waits until it answers. */
  async start(
    dir: string,
    password: string,
    settings: Record<string, string> = {},
  ): Promise<RunningPostgres> {
    const port = await freePort();
    const all = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      timezone: 'UTC',
      ...settings,
    };
    const args = ['-D', dir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const child = spawn(this.program('postgres'), args, {
      ...this.user,
      cwd: dir,
      env: this.env,
      stdio: 'ignore',
    });
    const server = new RunningPostgres(child, port, password);
    await waitFor(() => server.query('SELECT 1').then(() => true), { what: `Postgres in ${dir} to answer` });
    return server;
  }
}

export class RunningPostgres {
  constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly password: string,
  ) {}

  url(database = SUPERUSER): string {
    return `postgres://${SUPERUSER}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  async query(text: string, database?: string): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url(database), connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** @param signal SIGINT ends its sessions and stops in order; SIGKILL is the crash of a machine */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}

/** The `bin` of the newest version in a folder of Debian's form; undefined where there is none. */
async function newestBelow(folder: string): Promise<string | undefined> {
  const versions = (await readdir(folder).catch(() => [])).map(Number).filter((version) => version > 0);
  for (const version of versions.sort((a, b) => b - a)) {
    const bin = join(folder, String(version), 'bin');
    const works = await access(join(bin, 'initdb')).then(
      () => true,
      () => false,
    );
    if (works) return bin;
  }
  return undefined;
}
