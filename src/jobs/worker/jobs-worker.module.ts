import { Module, OnModuleInit } from '@nestjs/common';
import { JobRunner } from './job-runner.service';
import { JobWorker } from './job-worker.service';
import { JobTypeRegistry } from '../job-type.registry';
import { JobsModule } from '../jobs.module';

/** What works on jobs. Only in worker roles. */
@Module({
  imports: [JobsModule],
  providers: [JobRunner, JobWorker],
})
export class JobsWorkerModule implements OnModuleInit {
  constructor(private readonly types: JobTypeRegistry) {}

  /** After that of the registry, which this module's own imports have. */
  onModuleInit(): void {
    this.types.requireHandlers();
  }
}
