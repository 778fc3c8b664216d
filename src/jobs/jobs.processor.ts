import { Process, Processor } from '@nestjs/bull';
import { JobRunner } from './job-runner.service';
import { JOBS_QUEUE } from './jobs-queue';

/** More than any worker has slots: the runner bounds how many jobs run, Bull only rings. */
const TICKETS_AT_ONCE = 64;

/**
 * Bull's side of the worker. A ticket is spent when a job was worked on, or when there was none to work on. Bull's own
 * verdicts (stalled, failed, a lost lock) never touch a job's state.
 */
@Processor(JOBS_QUEUE)
export class JobsProcessor {
  constructor(private readonly runner: JobRunner) {}

  @Process({ concurrency: TICKETS_AT_ONCE })
  async process(): Promise<void> {
    const run = await this.runner.startNext();
    await run?.ended;
  }
}
