import { DynamicModule, Module } from '@nestjs/common';
import type { AppConfig } from '../../config/app-config';
import { JobsModule } from '../../jobs/jobs.module';
import { Scope } from '../../clients/scope';
import { defineJobType, jobInput, JobType } from '../../jobs/job-type';

/** The external task types of the configuration. Every role knows them; none of our own workers works on them. */
@Module({})
export class ExternalTaskTypesModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: ExternalTaskTypesModule,
      imports: [JobsModule.forFeature(...externalTaskTypes(config.externalTaskTypes))],
    };
  }
}

/** Work outside may wait for people. */
const DEADLINE_SECONDS = 7 * 86_400;

/** The job types of the configured names, whose work is done by workers that claim it over HTTP. */
const externalTaskTypes = (names: readonly string[]): JobType[] =>
  names.map((name) =>
    defineJobType({
      name,
      steps: ['work'],
      scope: Scope.Orders,
      external: true,
      deadlineSeconds: DEADLINE_SECONDS,
      input: jobInput(null, (parameters) => parameters),
    }),
  );
