import { ConsoleLogger, INestApplicationContext, LogLevel, Module, Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { rmSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { MaintenanceModule } from '../../src/app/maintenance.module';
import { ClientsModule } from '../../src/clients/clients.module';
import { AppConfig } from '../../src/config/app-config';
import { ConfigModule } from '../../src/config/config.module';
import { DatabaseModule } from '../../src/database/database.module';
import { isTerminal, type Job } from '../../src/jobs/job';
import { JobSubmissionService } from '../../src/jobs/job-submission.service';
import type { JobType } from '../../src/jobs/job-type';
import { JobsModule } from '../../src/jobs/jobs.module';
import { JobsWorkerModule } from '../../src/jobs/worker/jobs-worker.module';
import { waitFor } from './services';

export interface EngineOptions {
  config: AppConfig;
  types: JobType[];
  /** The handlers' classes, annotated with `@HandlesJob`. */
  handlers: Provider[];
  worker?: boolean;
  log?: LogLevel[];
}

/** The job engine by itself, with job types of the test's own: an API or a worker without HTTP. */
export class TestEngine {
  private constructor(
    readonly app: INestApplicationContext,
    private readonly config: AppConfig,
  ) {}

  static async start({
    config,
    types,
    handlers,
    worker = true,
    log = ['error'],
  }: EngineOptions): Promise<TestEngine> {
    @Module({
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule,
        ClientsModule,
        MaintenanceModule,
        JobsModule.forFeature(...types),
        ...(worker ? [JobsWorkerModule] : []),
      ],
      providers: handlers,
    })
    class EngineModule {}
    const app = await NestFactory.createApplicationContext(EngineModule, {
      logger: new ConsoleLogger({ logLevels: log }),
      abortOnError: false,
    });
    return new TestEngine(app, config);
  }

  get database(): DataSource {
    return this.app.get(DataSource);
  }

  /** A new client; its id. */
  async client(name = `client ${Math.random()}`): Promise<string> {
    const rows = await this.database.query<{ id: string }[]>(
      'INSERT INTO client (name) VALUES ($1) RETURNING id',
      [name],
    );
    return rows[0]!.id;
  }

  submit<P extends object, R extends object>(
    type: JobType<P, R>,
    clientId: string,
    parameters: P,
    idempotencyKey?: string,
  ): Promise<Job> {
    return this.app.get(JobSubmissionService).submit(type, {
      clientId,
      request: { method: 'POST', path: '/test', body: parameters },
      parameters,
      idempotencyKey,
    });
  }

  async job(id: string): Promise<Job> {
    const rows = await this.database.query<Job[]>('SELECT * FROM job WHERE id = $1', [id]);
    return rows[0]!;
  }

  /** The names of the job's events, in order, without the type. */
  async events(id: string): Promise<string[]> {
    const rows = await this.database.query<{ name: string }[]>(
      `SELECT substring(type FROM '[^.]+$') AS name FROM job_event WHERE job_id = $1 ORDER BY position`,
      [id],
    );
    return rows.map(({ name }) => name);
  }

  async countEvents(clientId: string, name: string): Promise<number> {
    const rows = await this.database.query<{ events: number }[]>(
      `SELECT count(*)::int AS events FROM job_event WHERE client_id = $1 AND type LIKE '%.' || $2`,
      [clientId, name],
    );
    return rows[0]!.events;
  }

  ended(id: string, timeoutMs?: number): Promise<Job> {
    return waitFor(
      async () => {
        const job = await this.job(id);
        return isTerminal(job.state) && job;
      },
      { what: `job ${id} to end`, ...(timeoutMs !== undefined && { timeoutMs }) },
    );
  }

  async stop(): Promise<void> {
    await this.app.close();
    rmSync(this.config.dataDir, { recursive: true, force: true });
  }
}
