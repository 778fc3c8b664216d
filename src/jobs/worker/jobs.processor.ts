import { InjectQueue } from '@nestjs/bull';
import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Queue } from 'bull';
import { AppConfig } from '../../config/app-config';
import { JobWorker } from './job-worker.service';
import { JOBS_QUEUE, JobTicket } from '../jobs-queue';

/**
 * Bull's side of the worker: as many tickets at once as the worker has slots. A ticket wakes a slot, and is spent when
 * that finds nothing more to do. Bull's own verdicts (stalled, failed, a lost lock) never touch a job's state.
 * Not `@Process`, which knows no configuration and leaves a rejection unhandled.
 */
@Injectable()
export class JobsProcessor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobsProcessor.name);

  constructor(
    @InjectQueue(JOBS_QUEUE) private readonly queue: Queue<JobTicket>,
    private readonly config: AppConfig,
    private readonly worker: JobWorker,
  ) {}

  /** Does not wait: without Redis it begins when Redis comes. */
  onApplicationBootstrap(): void {
    this.queue
      .process(this.config.jobConcurrency, () => this.worker.workUntilIdle())
      .catch((error: unknown) =>
        this.logger.error(`Bull's tickets are not heard; due jobs are found without them: ${String(error)}`),
      );
  }

  /**
   * First of all, so that other workers get the tickets. Does not wait: without Redis it never ends. `true` because Bull
   * otherwise leaves a rejection unhandled when a connection is cut while it closes.
   */
  beforeApplicationShutdown(): void {
    this.queue.close(true).catch(() => undefined);
  }
}
