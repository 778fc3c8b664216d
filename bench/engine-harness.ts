import { Body, Controller, HttpCode, INestApplication, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '../src/clients/clients.module';
import { Public } from '../src/clients/require-scope.decorator';
import { Scope } from '../src/clients/scope';
import type { AppConfig } from '../src/config/app-config';
import { ConfigModule } from '../src/config/config.module';
import { DatabaseModule } from '../src/database/database.module';
import { defineJobType, HandlesJob, JobHandler } from '../src/jobs/job-type';
import { JobSubmissionService } from '../src/jobs/job-submission.service';
import { JobsWorkerModule } from '../src/jobs/worker/jobs-worker.module';
import { MaintenanceModule } from '../src/app/maintenance.module';
import { JobsModule } from '../src/jobs/jobs.module';

/** A job that does nothing: what is left is the engine. */
export const NOOP = defineJobType<object, object>({
  name: 'bench.noop',
  steps: ['only'],
  scope: Scope.Reports,
});

@Injectable()
@HandlesJob(NOOP)
class NoopHandler implements JobHandler<object, object> {
  run(): Promise<object> {
    return Promise.resolve({});
  }
}

@Public()
@Controller('noop')
class NoopController {
  constructor(private readonly submission: JobSubmissionService) {}

  @Post()
  @HttpCode(202)
  async submit(@Body() { client }: { client: string }): Promise<{ id: string }> {
    const { id } = await this.submission.submit(NOOP, {
      clientId: client,
      request: { method: 'POST', path: '/noop', body: {} },
      parameters: {},
    });
    return { id };
  }
}

/** The engine, with HTTP in front or a worker behind it, or both. */
export async function startEngine(
  config: AppConfig,
  roles: { http: boolean; worker: boolean },
): Promise<INestApplication> {
  @Module({
    imports: [
      ConfigModule.forRoot(config),
      DatabaseModule,
      ClientsModule,
      JobsModule.forFeature(NOOP),
      MaintenanceModule,
      ...(roles.worker ? [JobsWorkerModule] : []),
    ],
    providers: [NoopHandler],
    controllers: roles.http ? [NoopController] : [],
  })
  class EngineHarnessModule {}
  const app = await NestFactory.create(EngineHarnessModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  await app.init();
  return app;
}
