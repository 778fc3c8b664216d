import { Injectable } from '@nestjs/common';
import { AppError, notFound } from '../common/app-error';
import type { Job } from './job';
import { JobState } from './job-state';
import { JobTransitions } from './job-transitions';

/** Cancels jobs for their owner. */
@Injectable()
export class JobCancellation {
  constructor(private readonly transitions: JobTransitions) {}

  /**
   * @returns the job: `CANCELLED` when it had not started or was cancelled before; still `IN_PROGRESS`, with
   *   `cancel_requested_at`, when a worker has yet to stop it
   * @throws AppError 409 when it ended otherwise, 404 when the client has no such job
   */
  async cancel(clientId: string, jobId: string): Promise<Job> {
    const job = await this.transitions.cancel(clientId, jobId);
    if (job === null) throw notFound('job');
    if (job.state === JobState.Completed || job.state === JobState.Failed) {
      throw new AppError('conflict', 'already_finished', `The job is ${job.state} and cannot be cancelled.`);
    }
    return job;
  }
}
