import { Module, OnModuleInit } from '@nestjs/common';
import { JobRunnerService } from './job-runner.service';
import { JobSlotsService } from './job-slots.service';
import { JobWorkerService } from './job-worker.service';
import { JobTypeRegistry } from '../job-type.registry';
import { JobsModule } from '../jobs.module';

/** What works on jobs. Only in worker roles. */
@Module({
  imports: [JobsModule],
  providers: [JobRunnerService, JobSlotsService, JobWorkerService],
})
export class JobsWorkerModule implements OnModuleInit {
  constructor(private readonly types: JobTypeRegistry) {}

  /** After that of the registry, which this module's own imports have. */
  onModuleInit(): void {
    this.types.requireHandlers();
  }
}
