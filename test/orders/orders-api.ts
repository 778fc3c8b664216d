import type { INestApplication } from '@nestjs/common';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/app/app.setup';
import { ConfiguredKeysService } from '../../src/clients/configured-keys.service';
import { Scope } from '../../src/clients/scope';
import type { AppConfig } from '../../src/config/app-config';
import { emptyTestRedis, waitFor } from '../support/services';
import { DEMO_KEY, testConfig } from '../support/test-config';
import { createTestDatabase, TestDatabase } from '../support/test-database';

export const OTHER_KEY = 'test-other-key-0123456789abcdefghij';

/** What the tests look at of an import. */
export interface ImportBody {
  status: string;
  steps: { name: string; status: string }[];
}

/** The whole application with a real Postgres and Redis, and callers of its HTTP interface. */
export class OrdersApi {
  private constructor(
    readonly app: INestApplication,
    private readonly config: AppConfig,
    private readonly testDatabase: TestDatabase,
  ) {}

  static async start(variables: NodeJS.ProcessEnv = {}): Promise<OrdersApi> {
    const database = await createTestDatabase();
    const config = testConfig({ databaseUrl: database.url, redisUrl: await emptyTestRedis() }, variables);
    const app = await createApp(config);
    await app.listen(0, '127.0.0.1');
    await app.get(ConfiguredKeysService).ensure('Other', 'other', OTHER_KEY, [Scope.Orders]);
    return new OrdersApi(app, config, database);
  }

  get database(): DataSource {
    return this.app.get(DataSource);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  async call(
    method: string,
    path: string,
    options: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) {
    const { key = DEMO_KEY, body, headers } = options;
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }

  importCsv(file: string, options: { key?: string; query?: string; headers?: Record<string, string> } = {}) {
    const { query = '', headers, ...rest } = options;
    return this.call('POST', `/v1/orders/imports${query}`, {
      ...rest,
      body: file,
      headers: { 'content-type': 'text/csv', ...headers },
    });
  }

  /** The import once it has ended. */
  imported(id: string, key = DEMO_KEY): Promise<ImportBody> {
    return waitFor(
      async () => {
        const { body } = await this.call('GET', `/v1/orders/imports/${id}`, { key });
        return ['COMPLETED', 'FAILED', 'CANCELLED'].includes(body.status) && body;
      },
      // One of these files unpacks to half a gigabyte.
      { what: `import ${id} to end`, timeoutMs: 170_000 },
    );
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.testDatabase.drop();
    rmSync(this.config.dataDir, { recursive: true, force: true });
  }
}
