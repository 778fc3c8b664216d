import { Module, OnModuleInit } from '@nestjs/common';
import { JobRunner } from './job-runner.service';
import { JobWorker } from './job-worker.service';
import { JobTypeRegistry } from '../job-type.registry';
import { JobsModule } from '../jobs.module';
import { JobsProcessor } from './jobs.processor';

/** What works on jobs. Only in worker roles: Nest's Bull explorer starts every processor that it finds. */
@Module({
  imports: [JobsModule],
  providers: [JobRunner, JobWorker, JobsProcessor],
})
export class JobsWorkerModule implements OnModuleInit {
  constructor(private readonly types: JobTypeRegistry) {}

  /** After that of the registry, which this module's own imports have. */
  onModuleInit(): void {
    this.types.requireHandlers();
  }
}
