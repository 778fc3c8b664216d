import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../config/app-config';
import { withLogContext } from '../../common/log-context';
import type { ProblemCode } from '../../common/problem-codes';
import { isDataAtFault, isDatabaseOutage } from '../../database/database-errors';
import type { ClaimedJob } from '../job-claims';
import { JobAttempt, AttemptOutcome } from './job-attempt';
import { JobTransitions } from '../job-transitions';
import { classifyFailure, FailureClass } from '../job-error';
import type { JobFailure } from '../job';
import { JobSignals } from '../job-signals';
import { Given, JobSlotsService } from './job-slots.service';
import { JobTypeRegistry } from '../job-type.registry';
import { StoreHealthService } from '../store-health.service';

/** How long attempts that were aborted may take to stop. */
const STOP_WITHIN_MS = 10_000;
/** How often an end that could not be stored is tried again. */
const STORE_AGAIN_MS = 500;

/** An attempt that has begun. */
export interface Run {
  /** Resolves when it has ended, with what its slot does next; `null` when nothing is due or no slot is free. */
  next: Promise<Run | null>;
  /** Nothing else is begun until it has ended. */
  isAlone: boolean;
  /** It has no slot: whoever began it has another free. */
  waits: boolean;
}

/** Works on jobs: claims one, runs its handler, and stores in Postgres how it ended. */
@Injectable()
export class JobRunnerService {
  private readonly logger = new Logger(JobRunnerService.name);
  private closing = false;

  constructor(
    private readonly config: AppConfig,
    private readonly slots: JobSlotsService,
    private readonly transitions: JobTransitions,
    private readonly signals: JobSignals,
    private readonly registry: JobTypeRegistry,
    private readonly storeHealth: StoreHealthService,
  ) {}

  /** Claims a job and starts to work on it; `null` when nothing is due or no slot is free. */
  async startNext(): Promise<Run | null> {
    const next = await this.slots.claimNext();
    return next === null ? null : this.begin(next);
  }

  /**
   * Stops taking jobs, lets those under way end for a while, then gives the rest back unfinished, so that another
   * worker takes them at once. What waits for others is given back now.
   */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    await this.slots.close();
    for (const attempt of this.slots.waiting) attempt.abort('released');
    const idle = (): boolean => this.slots.active.length === 0;
    await settled(idle, graceMs);
    for (const attempt of this.slots.active) attempt.abort('released');
    await settled(idle, STOP_WITHIN_MS);
  }

  private begin(attempt: JobAttempt): Run {
    const { id, request_id, crashes } = attempt.job;
    const next = withLogContext({ request_id, job_id: id }, () => this.work(attempt));
    const waits = !this.slots.takesSlot(attempt);
    return { next, isAlone: crashes > 0 && !waits, waits };
  }

  /** @returns what its slot does next */
  private async work(attempt: JobAttempt): Promise<Run | null> {
    let given: Given | undefined;
    try {
      const outcome = await attempt.run(this.registry.handler(attempt.job.type));
      given = await this.storeEnd(attempt, outcome);
    } catch (error) {
      // The database stays away: the lease runs out, and the repairs take the attempt back.
      this.logger.error(
        `Job ${attempt.job.id}, attempt ${attempt.job.attempt}: its end could not be stored`,
        String(error),
      );
    } finally {
      this.slots.release(attempt);
    }
    if (given?.next) return this.begin(given.next);
    return given === undefined || given.mayBeMore ? this.startNext() : null;
  }

  /**
   * The work is done and worth keeping: storing its end is tried again for as long as a lease lasts. While the database is
   * away it is tried until it is back, since nobody else can take the attempt over then.
   *
   * @returns what the slot was given by the same statement; `undefined` when it has not asked yet
   */
  private async storeEnd(attempt: JobAttempt, outcome: AttemptOutcome): Promise<Given | undefined> {
    const until = Date.now() + this.config.jobLeaseSeconds * 1_000;
    for (;;) {
      try {
        return await this.conclude(attempt, outcome);
      } catch (error) {
        if (this.closing || (Date.now() > until && !isDatabaseOutage(error))) throw error;
        if ('result' in outcome && isDataAtFault(error)) outcome = { error };
        else await new Promise((resolve) => setTimeout(resolve, STORE_AGAIN_MS));
      }
    }
  }

  private async conclude(attempt: JobAttempt, outcome: AttemptOutcome): Promise<Given | undefined> {
    if ('result' in outcome) return this.complete(attempt, outcome.result);
    await this.endWithoutResult(attempt, outcome.error);
    return undefined;
  }

  private async complete(attempt: JobAttempt, result: object): Promise<Given | undefined> {
    if (attempt.endByHandler !== null) {
      this.signals.publishEnds([attempt.endByHandler]);
      return undefined;
    }
    const given = await this.slots.finish(attempt, result);
    if (!given.isStored) await this.drop(attempt.job);
    return given;
  }

  /** Its result was not wanted. Never throws: what its slot was given by the same statement would be lost with it. */
  private async drop(job: ClaimedJob): Promise<void> {
    try {
      if (!(await this.transitions.cancelled({ jobId: job.id, attempt: job.attempt })))
        this.warnOfLostLease(job);
    } catch (error) {
      // If it was cancelled, the repairs say so when the lease has run out.
      this.logger.warn(
        `Job ${job.id}, attempt ${job.attempt}: its work is dropped; whether it was cancelled could not be asked: ${String(error)}`,
      );
    }
  }

  private async endWithoutResult(attempt: JobAttempt, error: unknown): Promise<void> {
    const { job } = attempt;
    const lease = { jobId: job.id, attempt: job.attempt };
    switch (attempt.abortReason) {
      case 'lost':
        this.warnOfLostLease(job);
        return;
      case 'released':
        await this.transitions.release(lease);
        return;
      case 'cancelled':
        await this.transitions.cancelled(lease);
        return;
      case 'deadline':
        await this.fail(attempt, 'deadline', {
          code: 'deadline_exceeded',
          message: 'The job did not end before its deadline.',
          kind: 'internal',
        });
        return;
      case undefined: {
        const { failureClass, retryAfterSeconds, ...failure } = classifyFailure(error);
        this.storeHealth.note(error);
        this.logger.warn(
          `Job ${job.id} (${job.type}), attempt ${job.attempt}, failed (${failureClass}): ${describe(error)}`,
        );
        await this.fail(attempt, failureClass, failure, retryAfterSeconds);
      }
    }
  }

  private async fail(
    attempt: JobAttempt,
    failureClass: FailureClass,
    failure: Pick<JobFailure, 'message' | 'kind'> & { code: ProblemCode },
    retryAfterSeconds?: number,
  ): Promise<void> {
    const { job } = attempt;
    const ended = {
      ...failure,
      retryable: failureClass !== 'permanent' && failureClass !== 'deadline',
      step: attempt.currentStep,
      attempt: job.attempt,
    };
    const lease = { jobId: job.id, attempt: job.attempt };
    const state = await this.transitions.fail(lease, failureClass, ended, {
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      seconds: attempt.seconds,
      usesStore: this.registry.type(job.type).usesStore,
    });
    if (state === null) this.warnOfLostLease(job);
  }

  private warnOfLostLease(job: ClaimedJob): void {
    this.logger.warn(`Job ${job.id}, attempt ${job.attempt}: its lease was lost, its work is dropped.`);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause instanceof Error ? `${text}\nCause: ${String(error.cause)}` : text;
}

async function settled(condition: () => boolean, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  while (!condition() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
}
