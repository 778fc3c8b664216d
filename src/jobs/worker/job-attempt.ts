import type { EntityManager } from 'typeorm';
import type { ClaimedJob } from '../job-claims';
import type { JobEnd } from '../job-sql';
import type { JobContext, JobHandler } from '../job-type';

/** Why an attempt was stopped from outside. */
export type AbortReason = 'cancelled' | 'deadline' | 'lost' | 'released';

export type AttemptOutcome = { result: object } | { error: unknown };

/**
 * How long an aborted handler may take to come back before its job is ended without it. At the deadline the job ends
 * now: fencing keeps harmless what the handler may still do.
 */
const ABANDONED_AFTER_MS: Record<AbortReason, number> = {
  cancelled: 8_000,
  deadline: 500,
  lost: 8_000,
  released: 8_000,
};

/** The end that was written in this transaction; `null` when the attempt is no longer wanted. */
type CompleteIn = (transaction: EntityManager, result: object) => Promise<JobEnd | null>;

/** One attempt at a job in this worker: runs the handler, holds how far it is, and can be stopped. */
export class JobAttempt {
  private readonly controller = new AbortController();
  private readonly begunAt = Date.now();
  private steps = 0;
  private fraction = 0;
  private size: number | null = null;
  private reason: AbortReason | undefined;
  private leaseEnd: NodeJS.Timeout;
  private deadline: NodeJS.Timeout;
  private completed: JobEnd | null = null;
  private returned = false;

  constructor(
    readonly job: ClaimedJob,
    private readonly completeIn: CompleteIn,
  ) {
    this.leaseEnd = this.abortAfter(job.lease_ms, 'lost');
    this.deadline = this.abortAfter(job.deadline_ms, 'deadline');
  }

  get abortReason(): AbortReason | undefined {
    return this.reason;
  }

  get stepsDone(): number {
    return this.steps;
  }

  get currentStep(): string | null {
    return this.job.steps[this.steps] ?? null;
  }

  /** 0 to 99: only the end is 100. */
  get percent(): number {
    return Math.min(99, Math.floor(this.fraction * 100));
  }

  get amount(): number | null {
    return this.size;
  }

  /** Seconds since it was claimed. */
  get seconds(): number {
    return (Date.now() - this.begunAt) / 1_000;
  }

  /** The end that the handler wrote itself, in a transaction of its own. */
  get endByHandler(): JobEnd | null {
    return this.completed;
  }

  /** How long Postgres will still keep the lease, measured by a clock of our own: no skew between machines counts. */
  leaseEndsIn(milliseconds: number): void {
    clearTimeout(this.leaseEnd);
    if (this.reason === undefined && !this.returned) this.leaseEnd = this.abortAfter(milliseconds, 'lost');
  }

  /** How long until its deadline, which an outage moves on. */
  deadlineIn(milliseconds: number): void {
    clearTimeout(this.deadline);
    if (this.reason === undefined && !this.returned)
      this.deadline = this.abortAfter(milliseconds, 'deadline');
  }

  abort(reason: AbortReason): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.controller.abort(new Error(`The attempt was stopped: ${reason}.`));
  }

  /**
   * Runs the handler to its end. A handler that does not come back in time after an abort is abandoned: the job does
   * not wait for it, and fencing keeps what it may still do harmless.
   */
  async run(handler: JobHandler<object, object>): Promise<AttemptOutcome> {
    let abandon: NodeJS.Timeout | undefined;
    const abandoned = new Promise<AttemptOutcome>((resolve) => {
      const later = (): void => {
        const afterMs = this.reason === undefined ? 0 : ABANDONED_AFTER_MS[this.reason];
        abandon = setTimeout(() => resolve({ error: this.controller.signal.reason }), afterMs);
      };
      if (this.controller.signal.aborted) later();
      else this.controller.signal.addEventListener('abort', later, { once: true });
    });
    try {
      return await Promise.race([this.outcome(handler), abandoned]);
    } finally {
      this.returned = true;
      clearTimeout(this.deadline);
      clearTimeout(abandon);
      clearTimeout(this.leaseEnd);
    }
  }

  private async outcome(handler: JobHandler<object, object>): Promise<AttemptOutcome> {
    try {
      return { result: await handler.run(this.context()) };
    } catch (error) {
      return { error };
    }
  }

  private context(): JobContext<object> {
    const { job } = this;
    return {
      jobId: job.id,
      clientId: job.client_id,
      attempt: job.attempt,
      parameters: job.parameters,
      signal: this.controller.signal,
      step: (name) => {
        const index = job.steps.indexOf(name);
        if (index < 0) throw new Error(`${job.type} has no step ${name}.`);
        this.steps = index;
      },
      progress: (fraction) => {
        this.fraction = Math.min(1, Math.max(this.fraction, fraction));
      },
      size: (amount) => {
        this.size = amount;
      },
      completeIn: async (transaction, result) => {
        this.completed = await this.completeIn(transaction, result);
        if (this.completed === null) throw new Error('The attempt is no longer wanted.');
      },
    };
  }

  private abortAfter(milliseconds: number, reason: AbortReason): NodeJS.Timeout {
    return setTimeout(() => this.abort(reason), clampTimer(milliseconds));
  }
}

/** `setTimeout` takes at most 2^31 - 1 ms; a longer deadline does not need a timer as exact. */
const clampTimer = (ms: number): number => Math.min(Math.max(0, ms), 2_147_483_647);
