import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamicModule, INestApplicationContext, Module, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '../src/clients/clients.module';
import type { DataSource } from 'typeorm';
import { newId } from '../src/common/ids';
import { AppConfig, readEnvironment } from '../src/config/app-config';
import { ConfigModule } from '../src/config/config.module';
import { DatabaseModule } from '../src/database/database.module';
import { JobSignals } from '../src/jobs/job-signals';
import { MaintenanceModule } from '../src/app/maintenance.module';
import { JobsModule } from '../src/jobs/jobs.module';
import { SigningSecretsService } from '../src/webhooks/signing/signing-secrets.service';
import { WebhooksWorkerModule } from '../src/webhooks/webhooks-worker.module';
import { WebhooksModule } from '../src/webhooks/webhooks.module';
import type { Place } from './noop-jobs';

/** Of every endpoint, and of the bare loop. */
export const AT_ONCE = 256;
/** A delivery that takes longer is a failure of the benchmark. */
const LONGEST_MS = 60_000;

@Module({})
class DeliveryHarnessModule {}

/** A worker that does nothing but deliver, and what the given modules do. */
function startDeliveryWorker(config: AppConfig, modules: Type[]): Promise<INestApplicationContext> {
  const root: DynamicModule = {
    module: DeliveryHarnessModule,
    imports: [
      ConfigModule.forRoot(config),
      ClientsModule,
      DatabaseModule,
      JobsModule,
      MaintenanceModule,
      WebhooksModule,
      WebhooksWorkerModule,
      ...modules,
    ],
  };
  return NestFactory.createApplicationContext(root, { logger: ['error', 'warn'], abortOnError: false });
}

/** `digest` of what came to a path that begins with `/digest`: SHA-256 of the body. */
export type Arrivals = [id: string, at: number, digest?: string][];

/** Runs work with the receiver of the benchmark, in a process of its own. */
export async function withReceiver(work: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [join(__dirname, 'delivery-receiver.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await work(`http://127.0.0.1:${/\d+/.exec(line.toString())?.[0] ?? ''}`);
  } finally {
    child.kill();
  }
}

export const deliveryConfig = ({ databaseUrl, redisUrl, dataDir }: Place): AppConfig =>
  new AppConfig(
    readEnvironment({
      DATA_DIR: dataDir,
      CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8',
      ROLE: 'worker',
      // Nothing ages while something is measured.
      JOB_RETENTION_DAYS: '365',
      EVENT_RETENTION_DAYS: '365',
    }),
    { databaseUrl, redisUrl },
  );

/** A database, a receiver, and a worker that delivers what is in the one to the other. */
export class Bench {
  private app: INestApplicationContext | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly receiver: string,
    private readonly modules: Type[] = [],
  ) {}

  async start(): Promise<void> {
    this.app ??= await startDeliveryWorker(this.config, this.modules);
  }

  async stop(): Promise<void> {
    await this.app?.close();
    this.app = undefined;
  }

  wakeUp(): void {
    this.app?.get(JobSignals).ended.next([]);
  }

  async client(): Promise<string> {
    const client = newId();
    await this.dataSource.query('INSERT INTO client (id, name) VALUES ($1, $2)', [client, client]);
    return client;
  }

  /** A new client with one verified endpoint. */
  async clientOf(path: string): Promise<string> {
    const client = await this.client();
    await this.endpoint(client, path);
    return client;
  }

  /** A verified endpoint of a client. */
  async endpoint(client: string, path: string, atOnce = AT_ONCE, perSecond = 10_000): Promise<string> {
    const endpoint = newId();
    const url = this.receiver + path;
    await this.dataSource.query(
      `INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures, verified_at)
       VALUES ($1, $2, $3, '{*}', '{v1}', now())`,
      [endpoint, client, url],
    );
    await this.dataSource.query(
      `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second, concurrency)
       VALUES ($1, $2, $1, $3, $4, $5, $6, $5)`,
      [endpoint, client, url, this.receiver, atOnce, perSecond],
    );
    await this.start();
    await this.app?.get(SigningSecretsService).create({ clientId: client, endpointId: endpoint }, 'v1');
    return endpoint;
  }

  /** Nothing of this client's is under way any more, or will be. */
  async silence(client: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE webhook_destination SET disabled_reason = 'owner', disabled_at = now() WHERE client_id = $1`,
      [client],
    );
    await this.stop();
    await this.start();
  }

  /** Terminal events, as the engine writes them. @returns their ids, which are those of the messages */
  async events(client: string, count: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH made AS (
         INSERT INTO job (id, client_id, type, state, request, parameters, max_failures, max_crashes, steps, deadline_at,
           result, finished_at)
         SELECT uuid_v7(), $1, 'bench', 'COMPLETED', '{}', '{}', 1, 1, '{only}', now(), '{}', now()
         FROM generate_series(1, $2) RETURNING id
       )
       INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal, data)
       SELECT id, $1, 'bench.completed', 0, 1, true, '{"status": "COMPLETED"}' FROM made RETURNING id`,
      [client, count],
    );
    return rows.map(({ id }) => id);
  }

  /** Milliseconds from the commit of one event of a client with one endpoint until its 2xx is stored. */
  async untilStored(client: string): Promise<number> {
    const [message] = await this.events(client, 1);
    const from = performance.now();
    this.wakeUp();
    for (;;) {
      const [stored] = await this.dataSource.query<object[]>(
        `SELECT FROM delivery WHERE message_id = $1 AND state = 'DELIVERED'`,
        [message],
      );
      if (stored !== undefined) return performance.now() - from;
      if (performance.now() - from > LONGEST_MS) throw new Error(`The message ${message} is not delivered.`);
    }
  }

  async arrivals(): Promise<Arrivals> {
    return (await (await fetch(this.receiver)).json()) as Arrivals;
  }

  async arrived(count: number): Promise<Arrivals> {
    const all: Arrivals = [];
    while (all.length < count) {
      await sleep(100);
      all.push(...(await this.arrivals()));
    }
    return all;
  }
}
