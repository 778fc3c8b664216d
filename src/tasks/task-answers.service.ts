import { HttpStatus, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { AppError } from '../common/app-error';
import { type Job, JobState } from '../jobs/job';
import { Acceptance } from '../jobs/http/acceptance';
import { erasedError, failureOf } from '../jobs/job-error';
import { TaskPresenter } from './task.presenter';
import type { TaskView } from './task.view';

/** How a task stands, in status codes. */
@Injectable()
export class TaskAnswersService {
  constructor(
    private readonly presenter: TaskPresenter,
    private readonly acceptance: Acceptance,
  ) {}

  /**
   * 202 with `Location` of the task while it runs, 201 with `Location` of what it made, 200 when it only read.
   *
   * @throws AppError the problem that the call would have answered, with the task inside
   */
  async answer(job: Job, response: Response): Promise<TaskView> {
    const view = await this.presenter.view(job);
    if (job.erased_at !== null) throw erasedError('task', { task: view });
    switch (job.state) {
      case JobState.Pending:
      case JobState.InProgress:
        this.acceptance.accepted(response, this.presenter.hrefOf(job), view.eta_seconds);
        return view;
      case JobState.Cancelled:
        throw new AppError('gone', 'cancelled', 'The task was cancelled.', { extensions: { task: view } });
      case JobState.Failed:
        throw failureOf(job, { task: view });
      case JobState.Completed:
        this.completed(job, response);
        return view;
    }
  }

  /**
   * What the call itself would have answered, when its task has completed.
   *
   * @throws AppError 410 when it was erased
   */
  completed(job: Job, response: Response): object | null {
    if (job.erased_at !== null) throw erasedError('task');
    const created = this.presenter.createdBy(job);
    response.status(created === undefined ? HttpStatus.OK : HttpStatus.CREATED);
    if (created !== undefined) response.location(created);
    return job.result;
  }
}
