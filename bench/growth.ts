import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/connection';
import { migrate } from '../src/database/migrate';
import { startEmbeddedServices } from '../src/embedded/embedded-services';
import { ageing } from './growth-ageing';
import { clients } from './growth-clients';
import { CLIENTS, type GrowthContext, type Side } from './growth-context';
import { delivery } from './growth-delivery';
import { engine } from './growth-engine';
import { addHistory } from './growth-fill';
import { foreign } from './growth-foreign';
import { http } from './growth-http';
import { recovery } from './growth-recovery';
import { restore } from './growth-restore';
import { routes } from './growth-routes';
import { slots } from './growth-slots';
import { snapshot } from './growth-snapshot';
import { apiEnvironment, BenchServer } from './http-server';
import { manyClients } from './many-clients';
import { Measurements } from './measurements';
import type { Place } from './noop-jobs';
import { measureStreams } from './streams-harness';

/**
 * What history costs: hot statements and routes on a database with millions of finished jobs of 10,000 clients, beside one
 * that has the asking client's same rows alone, in alternation; and what else has to stay the same as a database grows.
 *
 * GROWTH_JOBS (5000000), GROWTH_ORDERS (1000000), GROWTH_PENDING (1000000 deliveries) and GROWTH_MESSAGES (2000000) make it
 * shorter, GROWTH_ROWS (routes,engine) names some of the rows, and the results of the others stay as they were; GROWTH_DIR
 * names a directory that is filled once and used again.
 */

/** In this order. */
const ROWS: Record<string, (context: GrowthContext) => Promise<void>> = {
  routes,
  http,
  engine,
  delivery,
  clients,
  snapshot,
  recovery,
  restore,
  slots,
  'many-clients': ({ results }) => manyClients(results),
  streams: ({ results }) => measureStreams(results),
  foreign,
  ageing,
};

const JOBS = Number(process.env['GROWTH_JOBS'] ?? 5_000_000);
/** Of the asking client, in both databases. */
const OWN_JOBS = 2_000;
const KEY = `bench-${randomUUID()}`;

/** A row that fails takes none of the others with it. */
async function measure(names: string[], context: Omit<GrowthContext, 'start'>): Promise<void> {
  for (const name of names) {
    console.log(`# ${name}`);
    const servers: BenchServer[] = [];
    const start: GrowthContext['start'] = async ({ url }, settings) => {
      const server = await startApi({ ...context.services, databaseUrl: url }, settings);
      servers.push(server);
      return server;
    };
    try {
      await ROWS[name]!({ ...context, start });
    } catch (error) {
      console.error(`The row ${name} has failed:`, error);
      process.exitCode = 1;
    }
    for (const server of servers) await server.stop();
  }
  context.results.print();
}

const startApi = (place: Place, settings: NodeJS.ProcessEnv = {}): Promise<BenchServer> =>
  BenchServer.start('ours', KEY, { ...apiEnvironment(place, KEY), ...settings });

/** Those that are asked for, in their order. */
function asked(): string[] {
  const all = Object.keys(ROWS);
  const names = process.env['GROWTH_ROWS']?.split(',') ?? all;
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no row ${unknown.join(', ')}; there are: ${all.join(', ')}.`);
  return all.filter((name) => names.includes(name));
}

async function main(): Promise<void> {
  Logger.overrideLogger(false);
  const names = asked();
  const kept = process.env['GROWTH_DIR'];
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'order-reports-bench-'));
  mkdirSync(dataDir, { recursive: true });
  // As root, Postgres runs as another user, who must pass through.
  chmodSync(dataDir, 0o711);
  const embedded = await startEmbeddedServices({
    dataDir,
    postgres: true,
    redis: true,
    durable: true,
    log: () => undefined,
  });
  const services = { databaseUrl: embedded.databaseUrl!, redisUrl: embedded.redisUrl!, dataDir };
  const sides: Side[] = [];
  try {
    for (const [name, jobs] of [
      [`grown_${JOBS}`, JOBS],
      ['alone', 0],
    ] as const)
      sides.push(await open(services, name, jobs));
    console.log(`filled: ${JOBS} jobs, in ${dataDir}`);
    const [grown, alone] = [sides[0]!, sides[1]!];
    await measure(names, {
      results: new Measurements('growth', process.env['GROWTH_ROWS'] !== undefined),
      grown,
      alone,
      services,
    });
  } finally {
    for (const { database, dataSource } of sides) {
      await dataSource.destroy();
      await database.end();
    }
    await embedded.stop();
    if (kept === undefined) rmSync(dataDir, { recursive: true, force: true });
  }
}

/** A database of the cluster, filled unless it is there. */
async function open(services: Place, name: string, jobs: number): Promise<Side> {
  const cluster = new Client({ connectionString: services.databaseUrl });
  await cluster.connect();
  const { rowCount } = await cluster.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await cluster.query(`CREATE DATABASE ${name}`);
  await cluster.end();
  const url = Object.assign(new URL(services.databaseUrl), { pathname: `/${name}` }).href;
  await migrate(url);
  const database = new Client({ connectionString: url });
  await database.connect();
  // A start makes the client of the key.
  await (await startApi({ ...services, databaseUrl: url })).stop();
  const owner = `(SELECT id FROM client WHERE name = 'Demo')`;
  const client = (await database.query<{ id: string }>(`SELECT id FROM client WHERE id = ${owner}`)).rows[0]!
    .id;
  if (rowCount === 0) {
    await addHistory(database, `ARRAY[${owner}]`, OWN_JOBS);
    if (jobs > 0) {
      await database.query(
        `INSERT INTO client (name) SELECT 'Client ' || n FROM generate_series(1, ${CLIENTS}) n`,
      );
      await addHistory(database, `(SELECT array_agg(id) FROM client WHERE name LIKE 'Client %')`, jobs);
    }
  }
  const dataSource = await new DataSource(dataSourceOptions(url, 4)).initialize();
  return { url, database, dataSource, client };
}

void main();
