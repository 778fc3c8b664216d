import { DynamicModule, Module } from '@nestjs/common';
import type { AppConfig } from '../../config/app-config';
import { JobsModule } from '../../jobs/jobs.module';
import { externalTaskTypes } from './external-task-types';

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
