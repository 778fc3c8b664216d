import { DynamicModule, INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '../src/clients/clients.module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { newId } from '../src/common/ids';
import type { AppConfig } from '../src/config/app-config';
import { ConfigModule } from '../src/config/config.module';
import { DatabaseModule } from '../src/database/database.module';
import { JobSignals } from '../src/jobs/job-signals';
import { MaintenanceModule } from '../src/app/maintenance.module';
import { JobsModule } from '../src/jobs/jobs.module';
import { SigningSecretsService } from '../src/webhooks/signing/signing-secrets.service';
import { WebhooksWorkerModule } from '../src/webhooks/webhooks-worker.module';
import { WebhooksModule } from '../src/webhooks/webhooks.module';

/** Of every endpoint, and of the bare loop. */
export const AT_ONCE = 256;

@Module({})
class DeliveryHarnessModule {}

/** A worker that does nothing but deliver. */
function startDeliveryWorker(config: AppConfig): Promise<INestApplicationContext> {
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
    ],
  };
  return NestFactory.createApplicationContext(root, { logger: ['error', 'warn'], abortOnError: false });
}

export type Arrivals = [id: string, at: number][];

/** A database, a receiver, and a worker that delivers what is in the one to the other. */
export class Bench {
  private app: INestApplicationContext | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly receiver: string,
  ) {}

  async start(): Promise<void> {
    this.app ??= await startDeliveryWorker(this.config);
  }

  async stop(): Promise<void> {
    await this.app?.close();
    this.app = undefined;
  }

  wakeUp(): void {
    this.app?.get(JobSignals).ended.next([]);
  }

  /** A new client with one verified endpoint. */
  async client(path: string): Promise<string> {
    const [client, endpoint] = [newId(), newId()];
    const url = this.receiver + path;
    await this.dataSource.query('INSERT INTO client (id, name) VALUES ($1, $2)', [client, client]);
    await this.dataSource.query(
      `INSERT INTO webhook_endpoint (id, client_id, url, event_types, signatures, verified_at)
       VALUES ($1, $2, $3, '{*}', '{v1}', now())`,
      [endpoint, client, url],
    );
    await this.dataSource.query(
      `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second, concurrency)
       VALUES ($1, $2, $1, $3, $4, ${AT_ONCE}, 10000, ${AT_ONCE})`,
      [endpoint, client, url, this.receiver],
    );
    await this.start();
    await this.app?.get(SigningSecretsService).create({ clientId: client, endpointId: endpoint }, 'v1');
    return client;
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

  /** Terminal events, as the engine writes them. */
  async events(client: string, count: number): Promise<void> {
    await this.dataSource.query(
      `WITH made AS (
         INSERT INTO job (id, client_id, type, state, request, parameters, max_failures, max_crashes, steps, deadline_at,
           result, finished_at)
         SELECT uuid_v7(), $1, 'bench', 'COMPLETED', '{}', '{}', 1, 1, '{only}', now(), '{}', now()
         FROM generate_series(1, $2) RETURNING id
       )
       INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal, data)
       SELECT id, $1, 'bench.completed', 0, 1, true, '{"status": "COMPLETED"}' FROM made`,
      [client, count],
    );
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
