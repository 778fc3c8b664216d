import { DynamicModule, INestApplication, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/app/app.setup';
import { ApiKeyGuard } from '../../src/clients/api-key.guard';
import { ClientsModule } from '../../src/clients/clients.module';
import { ConfiguredKeysService } from '../../src/clients/configured-keys.service';
import { Scope } from '../../src/clients/scope';
import type { AppConfig } from '../../src/config/app-config';
import { ConfigModule } from '../../src/config/config.module';
import { DatabaseModule } from '../../src/database/database.module';
import { HealthModule } from '../../src/health/health.module';
import type { Job } from '../../src/jobs/job';
import { JobSubmissionService } from '../../src/jobs/job-submission.service';
import { JobsHttpModule } from '../../src/jobs/http/jobs-http.module';
import { MaintenanceModule } from '../../src/app/maintenance.module';
import { JobsModule } from '../../src/jobs/jobs.module';
import { JobsWorkerModule } from '../../src/jobs/worker/jobs-worker.module';
import { RateLimitsModule } from '../../src/rate-limits/rate-limits.module';
import { WebhooksHttpModule } from '../../src/webhooks/webhooks-http.module';
import { WebhooksModule } from '../../src/webhooks/webhooks.module';
import { WebhooksWorkerModule } from '../../src/webhooks/webhooks-worker.module';
import { waitFor } from '../support/services';
import { testConfig } from '../support/test-config';
import { NOOP, NoopHandler, NoopParameters } from './noop-job';

export interface Services {
  databaseUrl: string;
  redisUrl: string;
}

export const LOOPBACK = { CALLBACK_ALLOWED_ADDRESSES: '127.0.0.0/8', SAMPLE_DATA: 'false' };

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON as it comes; tests state its shape
export type Json = any;

export interface ApiAnswer {
  status: number;
  headers: Headers;
  body: Json;
}

@Module({})
class HarnessModule {}

/** Callbacks and the engine below them, with a job type that costs nothing. */
function harnessModule(config: AppConfig): DynamicModule {
  return {
    module: HarnessModule,
    imports: [
      ConfigModule.forRoot(config),
      ClientsModule,
      DatabaseModule,
      JobsModule.forFeature(NOOP),
      MaintenanceModule,
      RateLimitsModule,
      WebhooksModule,
      ...(config.runsApi ? [HealthModule, JobsHttpModule, WebhooksHttpModule] : []),
      ...(config.runsWorker ? [JobsWorkerModule, WebhooksWorkerModule] : []),
    ],
    providers: [NoopHandler, { provide: APP_GUARD, useExisting: ApiKeyGuard }],
  };
}

/** One running application under test, seen by HTTP and by its database. */
export class CallbackHarness {
  private constructor(
    readonly app: INestApplication,
    readonly config: AppConfig,
    readonly url: string,
  ) {}

  static async start(services: Services, variables: NodeJS.ProcessEnv = {}): Promise<CallbackHarness> {
    const config = testConfig(services, { ...LOOPBACK, ...variables });
    const app = await createApp(config, harnessModule(config));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new CallbackHarness(app, config, `http://127.0.0.1:${port}`);
  }

  get database(): DataSource {
    return this.app.get(DataSource);
  }

  /** A new client with a key for everything but administration. */
  async client(name = `client ${Math.random()}`): Promise<TestClient> {
    const key = `key-of-${name}-${'x'.repeat(24)}`.replaceAll(' ', '-');
    const scopes = Object.values(Scope).filter((scope) => scope !== Scope.Admin);
    const { clientId } = await this.app.get(ConfiguredKeysService).ensure(name, 'key', key, scopes);
    return new TestClient(this, this.url, clientId, key);
  }

  async stop(): Promise<void> {
    await this.app.close();
    rmSync(this.config.dataDir, { recursive: true, force: true });
  }
}

export class TestClient {
  constructor(
    private readonly harness: CallbackHarness,
    private readonly baseUrl: string,
    readonly id: string,
    readonly key: string,
  ) {}

  submit(callbackUrl?: string, parameters: NoopParameters = {}, tags?: string[]): Promise<Job> {
    return this.harness.app.get(JobSubmissionService).submit(NOOP, {
      clientId: this.id,
      request: { method: 'POST', path: '/test', body: parameters },
      parameters,
      callbackUrl,
      tags,
    });
  }

  async call(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const response = await fetch(this.baseUrl + path, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  }

  /** The rows of this client's deliveries, oldest first. */
  deliveries(): Promise<
    { id: string; url: string; state: string; attempt: number; failure: string | null }[]
  > {
    return this.harness.database.query(
      'SELECT id, url, state, attempt, failures, failure, message_id FROM delivery WHERE client_id = $1 ORDER BY position',
      [this.id],
    );
  }

  async endpoint(id: string): Promise<Json> {
    return (await this.call('GET', `/v1/webhooks/endpoints/${id}`)).body;
  }

  async delivery(id: string): Promise<Json> {
    return (await this.call('GET', `/v1/webhooks/deliveries/${id}`)).body;
  }

  /** The events after one of them, once there are so many: the feed hides what comes after any open transaction of the cluster. */
  feed(count: number, after = ''): Promise<Json[]> {
    return waitFor(
      async () => {
        const { body } = await this.call('GET', `/v1/events?page_size=100&after=${after}`);
        return body.data.length >= count && body.data;
      },
      { what: `${count} events in the feed` },
    );
  }

  async allEnded(count: number, timeoutMs?: number): Promise<void> {
    await waitFor(
      async () => {
        const rows = await this.deliveries();
        return (
          rows.length >= count && rows.every(({ state }) => state === 'DELIVERED' || state === 'EXHAUSTED')
        );
      },
      { what: `${count} deliveries to end`, ...(timeoutMs !== undefined && { timeoutMs }) },
    );
  }
}
