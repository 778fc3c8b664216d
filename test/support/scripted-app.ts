import { DynamicModule, Module } from '@nestjs/common';
import { AppModule } from '../../src/app/app.module';
import type { AppConfig } from '../../src/config/app-config';
import { JobSubmissionService } from '../../src/jobs/job-submission.service';
import { JobsModule } from '../../src/jobs/jobs.module';
import { TestApp } from './test-app';
import { ScriptParameters, SCRIPTED, ScriptedHandler } from './test-jobs';

@Module({})
class ScriptedModule {}

/** The whole application, and a job type whose attempts do what its parameters say. */
export const withScripts = (config: AppConfig): DynamicModule => ({
  module: ScriptedModule,
  imports: [AppModule.forRoot(config), JobsModule.forFeature(SCRIPTED)],
  providers: [ScriptedHandler],
});

/** Submits a scripted job for a client; its id. */
export async function submitScript(
  app: TestApp,
  clientId: string,
  ...attempts: ScriptParameters['attempts']
): Promise<string> {
  const job = await app.app.get(JobSubmissionService, { strict: false }).submit(SCRIPTED, {
    clientId,
    request: { method: 'POST', path: '/test', body: {} },
    parameters: { attempts },
  });
  return job.id;
}
