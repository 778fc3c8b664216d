import { Injectable, Logger, OnApplicationBootstrap, BeforeApplicationShutdown } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { AppConfig } from '../../config/app-config';
import { JobRunnerService, Run } from './job-runner.service';
import { JobSlotsService } from './job-slots.service';
import { JobSignals } from '../job-signals';
import { JobTransitions } from '../job-transitions';
import { Loop } from '../../common/loop';
import { JobWakeUps } from '../job-wake-ups';

/** How often running attempts store their progress and learn of a cancellation. */
const HEARTBEAT_MS = 250;
/** How often a worker polls for due jobs: wake-ups are quicker, this needs no Redis. */
const POLL_MS = 1_000;
/** How long jobs under way may go on after SIGTERM before they are given back. */
const SHUTDOWN_GRACE_MS = 8_000;

/** A worker: starts due jobs when it is woken and when it polls, and keeps the leases of its attempts by a heartbeat. */
@Injectable()
export class JobWorkerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobWorkerService.name);
  private readonly heartbeat = new Loop('heartbeat', HEARTBEAT_MS, () => this.renewLeases(), this.logger);
  private readonly poll = new Loop('poll for due jobs', POLL_MS, () => this.fillSlots(), this.logger);

  private cancellations: Subscription | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly runner: JobRunnerService,
    private readonly slots: JobSlotsService,
    private readonly transitions: JobTransitions,
    private readonly signals: JobSignals,
    private readonly wakeUps: JobWakeUps,
  ) {}

  onApplicationBootstrap(): void {
    this.heartbeat.start();
    this.poll.start();
    this.wakeUps.listen(this.config.jobConcurrency, () => this.workUntilIdle(), this.logger);
    this.cancellations = this.signals.cancelRequested.subscribe(() => this.heartbeat.poke());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.wakeUps.stopListening();
    this.cancellations?.unsubscribe();
    await this.poll.stop();
    await this.runner.close(SHUTDOWN_GRACE_MS);
    await this.heartbeat.stop();
  }

  /** Works on due jobs in one slot, one after the other, until there is none, or no slot is free. */
  private async workUntilIdle(): Promise<void> {
    const first = await this.runner.startNext();
    if (first !== null) await this.goOn(first);
  }

  private async renewLeases(): Promise<void> {
    const attempts = this.slots.active.filter((attempt) => attempt.abortReason !== 'lost');
    if (attempts.length === 0) return;
    const askedAt = Date.now();
    const kept = await this.transitions.heartbeat(
      attempts.map((attempt) => ({
        jobId: attempt.job.id,
        attempt: attempt.job.attempt,
        step: attempt.stepsDone,
        progress: attempt.percent,
        size: attempt.amount,
      })),
      this.config.jobLeaseSeconds,
    );
    const active = new Set(this.slots.active);
    for (const attempt of attempts) {
      if (!active.has(attempt)) continue;
      const row = kept.find(
        ({ id, attempt: number }) => id === attempt.job.id && number === attempt.job.attempt,
      );
      if (row === undefined) attempt.abort('lost');
      else if (row.cancelled) attempt.abort('cancelled');
      else {
        const since = Date.now() - askedAt;
        attempt.leaseEndsIn(row.lease_ms - since);
        attempt.deadlineIn(row.deadline_ms - since);
      }
    }
  }

  /** Starts as many jobs as there are free slots. */
  private async fillSlots(): Promise<void> {
    const starts = Array.from({ length: this.slots.free }, async () => {
      const run = await this.runner.startNext();
      // What keeps it from going on is seen by the next poll. It is followed whether or not the others start.
      if (run !== null) this.goOn(run).catch(() => undefined);
    });
    await Promise.all(starts);
  }

  private async goOn(first: Run): Promise<void> {
    for (let run: Run | null = first; run !== null;) {
      if (run.waits) {
        // Bull wakes nobody else while this is waited for. What it goes on with afterwards has a slot, and is followed.
        run.next.then((next) => next && this.goOn(next)).catch(() => undefined);
        run = await this.runner.startNext();
        continue;
      }
      const next: Run | null = await run.next;
      // It was a suspect that ran alone: the other slots were kept empty meanwhile.
      if (run.isAlone) this.poll.poke();
      run = next;
    }
  }
}
