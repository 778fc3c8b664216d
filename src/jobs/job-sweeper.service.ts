import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { IDEMPOTENCY_KEY_HOURS } from './job-submission.service';
import { JobDispatcher } from './job-dispatcher.service';
import { JobTransitions } from './job-transitions';
import { Loop } from './loop';

const ROUND_MS = 2_000;

/**
 * Repairs what died. It runs in every process, so that no job outlives its deadline even when all workers are gone.
 */
@Injectable()
export class JobSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(JobSweeper.name);
  private readonly loop = new Loop('job sweeper', ROUND_MS, () => this.round(), this.logger);

  constructor(
    private readonly dataSource: DataSource,
    private readonly transitions: JobTransitions,
    private readonly dispatcher: JobDispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async round(): Promise<void> {
    const reaped = await this.transitions.reap();
    if (reaped > 0) {
      this.logger.warn(`${reaped} attempt(s) taken back from workers that stopped.`);
      this.dispatcher.poke();
    }
    await this.transitions.endOverdue();
    await this.dataSource.query(
      `UPDATE job SET idempotency_key = NULL, idempotency_hash = NULL
       WHERE idempotency_key IS NOT NULL AND created_at < now() - make_interval(hours => $1)`,
      [IDEMPOTENCY_KEY_HOURS],
    );
  }
}
