import { Module } from '@nestjs/common';
import { JobsHttpModule } from '../jobs/http/jobs-http.module';
import { JobsModule } from '../jobs/jobs.module';
import { AsyncCalls } from './async-calls.service';
import { TaskAnswers } from './task-answer.service';
import { TaskPresenter } from './task.presenter';

/** What a feature needs to mark its routes with `@RespondsAsync`. */
@Module({
  imports: [JobsHttpModule, JobsModule],
  providers: [AsyncCalls, TaskAnswers, TaskPresenter],
  exports: [AsyncCalls, JobsHttpModule, JobsModule, TaskAnswers, TaskPresenter],
})
export class TasksModule {}
