import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { openCluster, SUPERUSER } from '../../src/embedded/postgres-cluster';
import { DistributionPostgres } from '../support/distribution-postgres';
import { freePort, waitFor } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { ServiceProcess } from './service-process';

const NAME = 'order_reports';
/** What the service connects as: an ordinary role, since limits and reserved connections do not bind a superuser. */
const ROLE = 'app';
/** Uses up connections in the name of a neighbour. */
const NEIGHBOUR = 'neighbour';
const MAX_CONNECTIONS = 100;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: String(MAX_CONNECTIONS),
  timezone: 'UTC',
  // A standby whose primary was killed is back soon after it.
  wal_retrieve_retry_interval: '200ms',
  wal_keep_size: '512MB',
};

interface Server {
  readonly process: ServiceProcess;
  readonly dir: string;
  readonly port: number;
}

/** How the servers of a run are made: by the embedded programs, or by the distribution's, which can also copy a server. */
interface Programs {
  readonly superuser: string;
  readonly password: string;
  readonly firstDir: string;
  define(number: number, dir: string): Promise<Server>;
  /** Copies a running server into a folder, as its standby. */
  copy?: (from: Server, dir: string) => Promise<void>;
}

/**
 * The run's Postgres behind a proxy: one server, or a primary with a synchronous standby, so that what was committed
 * survives the loss of the primary.
 */
export class Database {
  private number = 1;
  private isStopped = false;
  private standby: Server | undefined;
  readonly servers: ServiceProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly programs: Programs,
    private current: Server,
    readonly proxy: TcpProxy,
    private readonly rolePassword: string,
  ) {
    this.servers.push(current.process);
  }

  /** @throws Error where a standby is wanted and cannot be had */
  static async prepare(folder: string, withStandby: boolean, log: (line: string) => void): Promise<Database> {
    const programs = withStandby
      ? await distributionPrograms(folder, log)
      : await embeddedPrograms(folder, log);
    const first = await programs.define(1, programs.firstDir);
    const proxy = await TcpProxy.to('127.0.0.1', first.port);
    return new Database(folder, programs, first, proxy, randomBytes(24).toString('hex'));
  }

  async start(): Promise<void> {
    await this.primary.start();
    for (const role of [ROLE, NEIGHBOUR])
      await this.query(`CREATE ROLE ${role} LOGIN PASSWORD '${this.rolePassword}'`);
    await this.query(`CREATE DATABASE ${NAME} OWNER ${ROLE}`);
    if (this.programs.copy) await this.addStandby();
  }

  get primary(): ServiceProcess {
    return this.current.process;
  }

  get hasStandby(): boolean {
    return this.standby !== undefined;
  }

  /** The service's way, through the proxy: the same for the whole run, whichever server is the primary. */
  get url(): string {
    return `postgres://${ROLE}:${this.rolePassword}@127.0.0.1:${this.proxy.port}/${NAME}`;
  }

  /** Reads the service's tables, as the superuser and past the proxy. */
  read<T extends QueryResultRow>(text: string): Promise<T[]> {
    return this.query(text, [], NAME);
  }

  /** What every new session may do; those that are open stay as they are. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await this.query(
      isReadOnly
        ? `ALTER DATABASE ${NAME} SET default_transaction_read_only = on`
        : `ALTER DATABASE ${NAME} RESET default_transaction_read_only`,
    );
  }

  /** @param limit -1 for none */
  async limitConnections(limit: number): Promise<void> {
    await this.query(`ALTER ROLE ${ROLE} CONNECTION LIMIT ${limit}`);
  }

  /** Ends the service's sessions, or every second one. */
  async endSessions(which: 'all' | 'every second' = 'all'): Promise<number> {
    const rows = await this.query(
      `SELECT pg_terminate_backend(pid) FROM (
         SELECT pid, row_number() OVER (ORDER BY pid) AS number FROM pg_stat_activity WHERE usename = $1
       ) AS session WHERE $2 OR number % 2 = 0`,
      [ROLE, which === 'all'],
    );
    return rows.length;
  }

  /** How many of the service's sessions that are open now began between two times. */
  async sessionsBegun(from: Date, until: Date): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = $1 AND backend_start BETWEEN $2 AND $3`,
      [ROLE, from, until],
    );
    return row?.count ?? 0;
  }

  /**
   * Takes every connection that an ordinary role can have.
   *
   * @returns how many, and what gives them back
   */
  async useUpConnections(): Promise<{ taken: number; release: () => Promise<void> }> {
    const clients: Client[] = [];
    const connectionString = `postgres://${NEIGHBOUR}:${this.rolePassword}@127.0.0.1:${this.current.port}/${NAME}`;
    for (let refused = 0; refused < 3 && clients.length < MAX_CONNECTIONS;) {
      const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
      client.on('error', () => undefined);
      await client.connect().then(
        () => clients.push(client),
        () => (refused += 1),
      );
    }
    const release = async (): Promise<void> => {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    };
    return { taken: clients.length, release };
  }

  /** The loss of the primary: the standby takes its place, and gets a standby of its own. */
  async failOver(detectAfterMs: number): Promise<string> {
    const { standby, current: lost } = this;
    if (standby === undefined) throw new Error('there is no standby');
    const from = Date.now();
    await lost.process.end('SIGKILL');
    await sleep(detectAfterMs);
    this.current = standby;
    this.standby = undefined;
    await this.query('SELECT pg_promote(true, 60)');
    this.proxy.leadTo(standby.port);
    this.proxy.cut();
    const lostMs = Date.now() - from;
    rmSync(lost.dir, { recursive: true, force: true });
    await this.addStandby();
    return `${lost.process.name} lost, ${standby.process.name} in its place after ${lostMs} ms`;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const server of this.servers) await server.end('SIGINT', 20_000).catch(() => server.end('SIGQUIT'));
    await this.proxy.close().catch(() => undefined);
  }

  /** A copy of the primary that streams from it, and that every commit waits for from then on. */
  private async addStandby(): Promise<void> {
    this.number += 1;
    const dir = join(this.folder, `postgres-${this.number}`);
    await this.programs.copy?.(this.current, dir);
    const standby = await this.programs.define(this.number, dir);
    if (this.isStopped) throw new Error('the database was stopped');
    this.servers.push(standby.process);
    await standby.process.start();
    const isStandby = (state: 'state' | 'sync_state', value: string): Promise<unknown> =>
      waitFor(
        async () =>
          (await this.query(`SELECT FROM pg_stat_replication WHERE ${state} = $1`, [value])).length > 0,
        {
          what: `${standby.process.name} to be a standby (${value})`,
        },
      );
    await isStandby('state', 'streaming');
    await this.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
    await this.query('SELECT pg_reload_conf()');
    await isStandby('sync_state', 'sync');
    this.standby = standby;
  }

  /** In a database of its own, which stays writable whatever becomes of the service's. */
  private query<T extends QueryResultRow>(
    text: string,
    values: unknown[] = [],
    database = 'postgres',
  ): Promise<T[]> {
    const { superuser, password } = this.programs;
    const url = `postgres://${superuser}:${password}@127.0.0.1:${this.current.port}/${database}`;
    return withClient(url, async (client) => (await client.query<T>(text, values)).rows);
  }
}

async function embeddedPrograms(folder: string, log: (line: string) => void): Promise<Programs> {
  const { dir, password, binaries, user } = await openCluster({ dataDir: folder, durable: true, log });
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
  return {
    superuser: SUPERUSER,
    password,
    firstDir: dir,
    define: (number, at) =>
      defineServer({
        folder,
        number,
        dir: at,
        superuser: SUPERUSER,
        password,
        command: binaries.postgres,
        user,
        env,
      }),
  };
}

async function distributionPrograms(folder: string, log: (line: string) => void): Promise<Programs> {
  const postgres = await DistributionPostgres.find(log);
  const firstDir = join(folder, 'postgres-1');
  const password = await postgres.createCluster(firstDir);
  const { user, env } = postgres;
  const superuser = 'postgres';
  return {
    superuser,
    password,
    firstDir,
    define: (number, dir) =>
      defineServer({
        folder,
        number,
        dir,
        superuser,
        password,
        command: postgres.program('postgres'),
        user,
        env,
      }),
    copy: async (from, dir) => {
      const place = ['--host=127.0.0.1', `--port=${from.port}`, `--username=${superuser}`];
      await postgres.makeFolder(dir);
      await postgres.run(
        'pg_basebackup',
        [
          ...place,
          `--pgdata=${dir}`,
          '--checkpoint=fast',
          '--wal-method=stream',
          '--write-recovery-conf',
          '--no-password',
        ],
        { PGPASSWORD: password },
      );
    },
  };
}

async function defineServer(of: {
  folder: string;
  number: number;
  dir: string;
  superuser: string;
  password: string;
  command: string;
  user: { uid: number; gid: number } | undefined;
  env: NodeJS.ProcessEnv;
}): Promise<Server> {
  const port = await freePort();
  const settings = { ...SETTINGS, port: String(port) };
  const url = `postgres://${of.superuser}:${of.password}@127.0.0.1:${port}/postgres`;
  const server = new ServiceProcess({
    name: `Postgres ${of.number}`,
    command: of.command,
    args: ['-D', of.dir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    options: { cwd: of.dir, env: of.env, ...of.user },
    logFile: join(of.folder, `postgres-${of.number}.log`),
    isReady: () =>
      withClient(url, (client) => client.query('SELECT 1')).then(
        () => true,
        () => false,
      ),
  });
  return { process: server, dir: of.dir, port };
}

async function withClient<T>(connectionString: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
