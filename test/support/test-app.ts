import type { DynamicModule, INestApplication } from '@nestjs/common';
import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app/app.module';
import { createApp } from '../../src/app/app.setup';
import { ConfiguredKeysService } from '../../src/clients/configured-keys.service';
import { Scope } from '../../src/clients/scope';
import { AppConfig } from '../../src/config/app-config';
import { type Answer, callAt, type CallOptions } from './http-call';
import { requireListed } from './listed-problem';
import { emptyTestRedis, waitFor } from './services';
import { DEMO_KEY, testConfig } from './test-config';
import { createTestDatabase, TestDatabase } from './test-database';

export type { Answer, CallOptions } from './http-call';

/** The real application, listening on a port of its own, with its own database and the sample orders if asked for. */
export class TestApp {
  private constructor(
    readonly app: INestApplication,
    readonly config: AppConfig,
    readonly url: string,
    private readonly database: TestDatabase | undefined,
  ) {}

  /**
   * @param shared another one whose database, Redis and files this one uses too, as a second process would
   * @param compose what it is composed of: a test may add job types of its own
   */
  static async start(
    variables: NodeJS.ProcessEnv = {},
    shared?: TestApp,
    compose: (config: AppConfig) => DynamicModule = (config) => AppModule.forRoot(config),
  ): Promise<TestApp> {
    const database = shared ? undefined : await createTestDatabase();
    const services = {
      databaseUrl: variables['DATABASE_URL'] ?? shared?.config.databaseUrl ?? database!.url,
      redisUrl: variables['REDIS_URL'] ?? shared?.config.redisUrl ?? (await emptyTestRedis()),
    };
    const config = testConfig(services, {
      SAMPLE_DATA: 'false',
      ...(shared && { STORAGE_URL: shared.config.storageUrl }),
      ...variables,
      REDIS_URL: services.redisUrl,
    });
    const app = await createApp(config, compose(config));
    await app.listen(config.port, config.host);
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    return new TestApp(app, config, `http://127.0.0.1:${port}`, database);
  }

  get dataSource(): DataSource {
    return this.app.get(DataSource);
  }

  /** Calls a route with the demo client's key, or with another one, or (`null`) with none. Never follows redirects. */
  async call(
    method: string,
    path: string,
    { key = DEMO_KEY, ...options }: CallOptions = {},
  ): Promise<Answer> {
    const answer = await callAt(this.url, method, path, { key, ...options });
    const { status, headers, body } = answer;
    if (headers.get('content-type')?.startsWith('application/problem+json') === true && body !== undefined)
      requireListed(status, body, this.config.publicPath);
    return answer;
  }

  /** A new client with a key of these scopes. */
  async client(name: string, scopes: Scope[] = Object.values(Scope)): Promise<{ id: string; key: string }> {
    const key = `test-key-of-${name.replaceAll(' ', '-')}-0123456789abcdefghijklmnop`;
    const { clientId } = await this.app.get(ConfiguredKeysService).ensure(name, 'test', key, scopes);
    return { id: clientId, key };
  }

  /** Polls a status address as a caller would until it answers something else than 200. */
  async polled(path: string, options: CallOptions = {}): Promise<Answer> {
    return waitFor(
      async () => {
        const answer = await this.call('GET', path, options);
        return answer.status !== 200 && answer;
      },
      { what: `an answer from ${path}`, timeoutMs: 120_000 },
    );
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database?.drop();
    rmSync(this.config.dataDir, { recursive: true, force: true });
  }
}
