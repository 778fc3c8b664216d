import { Injectable, Logger } from '@nestjs/common';
import { StoreUnavailableError } from '../../artifacts/artifact-store';
import { AppConfig } from '../../config/app-config';
import { Batcher } from '../../common/batcher';
import { newWorkerName } from '../../common/ids';
import { withLogContext } from '../../common/log-context';
import { isDataAtFault, isDatabaseOutage } from '../../database/database-errors';
import { ClaimedJob, JobClaims } from '../job-claims';
import { JobAttempt, AttemptOutcome } from './job-attempt';
import { Completion, JobTransitions } from '../job-transitions';
import { classifyFailure, FailureClass } from '../job-error';
import type { JobFailure } from '../job';
import { JobSignals } from '../job-signals';
import { JobTypeRegistry } from '../job-type.registry';
import { StoreHealthService } from '../store-health.service';

/** How long attempts that were aborted may take to stop. */
const STOP_WITHIN_MS = 10_000;
/** How often an end that could not be stored is tried again. */
const STORE_AGAIN_MS = 500;

/** More than anybody configures slots. */
const MOST_AT_ONCE = 1_000;

/** An attempt that has begun. */
export interface Run {
  ended: Promise<void>;
  /** Nothing else is begun until it has ended. */
  isAlone: boolean;
}

/** Works on jobs: claims one, runs its handler, and stores in Postgres how it ended. */
@Injectable()
export class JobRunnerService {
  private readonly logger = new Logger(JobRunnerService.name);
  private readonly worker = newWorkerName();
  private readonly attempts = new Set<JobAttempt>();
  /** One claim after the other, for all slots that wait: whether a job may start depends on what was claimed before. */
  private readonly claimsOfSlots = new Batcher<undefined, JobAttempt | null>(
    (wanted) => this.claimFor(wanted.length),
    { lanes: 1, most: MOST_AT_ONCE },
  );
  /** The last claim brought no answer: it may have been committed all the same. */
  private claimWasCutOff = false;
  private suspectRuns = false;
  private closing = false;

  constructor(
    private readonly config: AppConfig,
    private readonly claims: JobClaims,
    private readonly transitions: JobTransitions,
    private readonly signals: JobSignals,
    private readonly registry: JobTypeRegistry,
    private readonly storeHealth: StoreHealthService,
  ) {}

  /** The attempts that this worker is busy with. */
  get active(): JobAttempt[] {
    return [...this.attempts];
  }

  /**
   * Claims the fairest due job and starts to work on it. Those who ask at the same time share a claim.
   *
   * @returns `null` when nothing is due or no slot is free
   */
  async startNext(): Promise<Run | null> {
    const attempt = await this.claimsOfSlots.run(undefined);
    if (attempt === null) return null;
    const { id, request_id, crashes } = attempt.job;
    const ended = withLogContext({ request_id, job_id: id }, () => this.work(attempt));
    return { ended, isAlone: crashes > 0 };
  }

  /**
   * Stops taking jobs, lets those under way end for a while, then gives the rest back unfinished, so that another
   * worker takes them at once.
   */
  async close(graceMs: number): Promise<void> {
    this.closing = true;
    // After the claim that may be under way.
    await this.claimsOfSlots.run(undefined).catch(() => undefined);
    const idle = (): boolean => this.attempts.size === 0;
    await settled(idle, graceMs);
    for (const attempt of this.attempts) attempt.abort('released');
    await settled(idle, STOP_WITHIN_MS);
  }

  /** How many more jobs could be worked on now. */
  get freeSlots(): number {
    if (this.closing || this.suspectRuns) return 0;
    return Math.max(0, this.config.jobConcurrency - this.attempts.size);
  }

  /** Without those that need the store of files while that is away. */
  private get dueTypes(): string[] {
    const { names, storeTypes } = this.registry;
    return this.storeHealth.isAway ? names.filter((name) => !storeTypes.includes(name)) : names;
  }

  private async claimFor(wanted: number): Promise<(JobAttempt | null)[]> {
    const most = Math.min(wanted, this.freeSlots);
    const jobs = most > 0 ? await this.claim(most) : [];
    const attempts = jobs.map((job) => this.attemptAt(job));
    // A job that crashed its worker once runs alone, so that its next crash takes no neighbour with it.
    if (jobs.some(({ crashes }) => crashes > 0)) this.suspectRuns = true;
    for (const attempt of attempts) {
      this.attempts.add(attempt);
      if (this.closing) attempt.abort('released');
    }
    return Array.from({ length: wanted }, (_, index) => attempts[index] ?? null);
  }

  private async claim(most: number): Promise<ClaimedJob[]> {
    if (this.claimWasCutOff) {
      await this.transitions.releaseUnknown(
        this.worker,
        this.active.map(({ job }) => job.id),
      );
    }
    this.claimWasCutOff = true;
    const { worker, config } = this;
    const alone = this.attempts.size === 0;
    const jobs = await this.claims.claim(this.dueTypes, worker, config.jobLeaseSeconds, alone, most);
    this.claimWasCutOff = false;
    return jobs;
  }

  private attemptAt(job: ClaimedJob): JobAttempt {
    const attempt: JobAttempt = new JobAttempt(job, (transaction, result) =>
      this.transitions.completeIn(transaction, this.completionOf(attempt, result)),
    );
    return attempt;
  }

  private completionOf({ job, amount }: JobAttempt, result: object): Completion {
    const keepsArtifact = this.registry.type(job.type).keepsArtifact;
    return {
      jobId: job.id,
      attempt: job.attempt,
      result,
      size: amount,
      retentionDays: keepsArtifact ? this.config.artifactRetentionDays : null,
    };
  }

  private async work(attempt: JobAttempt): Promise<void> {
    try {
      const outcome = await attempt.run(this.registry.handler(attempt.job.type));
      await this.storeEnd(attempt, outcome);
    } catch (error) {
      // The database stays away: the lease runs out, and the repairs take the attempt back.
      this.logger.error(
        `Job ${attempt.job.id}, attempt ${attempt.job.attempt}: its end could not be stored`,
        String(error),
      );
    } finally {
      this.attempts.delete(attempt);
      if (attempt.job.crashes > 0) this.suspectRuns = false;
    }
  }

  /**
   * The work is done and worth keeping: storing its end is tried again for as long as a lease lasts. While the database is
   * away it is tried until it is back, since nobody else can take the attempt over then.
   */
  private async storeEnd(attempt: JobAttempt, outcome: AttemptOutcome): Promise<void> {
    const until = Date.now() + this.config.jobLeaseSeconds * 1_000;
    for (;;) {
      try {
        await this.conclude(attempt, outcome);
        return;
      } catch (error) {
        if (this.closing || (Date.now() > until && !isDatabaseOutage(error))) throw error;
        if ('result' in outcome && isDataAtFault(error)) outcome = { error };
        else await new Promise((resolve) => setTimeout(resolve, STORE_AGAIN_MS));
      }
    }
  }

  private async conclude(attempt: JobAttempt, outcome: AttemptOutcome): Promise<void> {
    const { job } = attempt;
    const lease = { jobId: job.id, attempt: job.attempt };
    if ('result' in outcome) {
      if (attempt.endByHandler !== null) {
        this.signals.publishEnds([attempt.endByHandler]);
        return;
      }
      const end = await this.transitions.complete(this.completionOf(attempt, outcome.result));
      if (end === null && !(await this.transitions.cancelled(lease))) this.warnOfLostLease(job);
      return;
    }
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
        const { failureClass, retryAfterSeconds, ...failure } = classifyFailure(outcome.error);
        if (outcome.error instanceof StoreUnavailableError) this.storeHealth.suspect();
        this.logger.warn(
          `Job ${job.id} (${job.type}), attempt ${job.attempt}, failed (${failureClass}): ${describe(outcome.error)}`,
        );
        await this.fail(attempt, failureClass, failure, retryAfterSeconds);
      }
    }
  }

  private async fail(
    attempt: JobAttempt,
    failureClass: FailureClass,
    failure: Pick<JobFailure, 'code' | 'message' | 'kind'>,
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
