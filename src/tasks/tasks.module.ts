import { Module } from '@nestjs/common';
import { JobsHttpModule } from '../jobs/http/jobs-http.module';
import { JobsModule } from '../jobs/jobs.module';
import { AsyncCallsService } from './async-calls.service';
import { TaskAnswersService } from './task-answers.service';
import { TaskPresenter } from './task.presenter';

/** What a feature needs to mark its routes with `@RespondsAsync`. */
@Module({
  imports: [JobsHttpModule, JobsModule],
  providers: [AsyncCallsService, TaskAnswersService, TaskPresenter],
  exports: [AsyncCallsService, JobsHttpModule, JobsModule, TaskAnswersService, TaskPresenter],
})
export class TasksModule {}
