import type { EntityManager } from 'typeorm';
import type { ClaimedJob } from './job-claims';
import type { JobContext, JobHandler } from './job-handler';

/** Why an attempt was stopped from outside. */
export type AbortReason = 'cancelled' | 'deadline' | 'lost' | 'released';

type Outcome = { result: object } | { error: unknown };

/** Whether the job was ended in this transaction. */
type CompleteIn = (transaction: EntityManager, result: object) => Promise<boolean>;

/** One attempt at a job in this worker: runs the handler, holds how far it is, and can be stopped. */
export class JobAttempt {
  private readonly controller = new AbortController();
  private steps = 0;
  private fraction = 0;
  private size: number | null = null;
  private reason: AbortReason | undefined;
  private leaseEnd: NodeJS.Timeout;
  private completed = false;

  constructor(
    readonly job: ClaimedJob,
    private readonly leaseMs: number,
    private readonly completeIn: CompleteIn,
  ) {
    this.leaseEnd = this.endLater();
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

  /** Whether the handler ended the job itself, in a transaction of its own. */
  get completedByHandler(): boolean {
    return this.completed;
  }

  /** The lease was prolonged in Postgres: by a clock of our own, so that no skew between machines counts. */
  leaseProlonged(): void {
    clearTimeout(this.leaseEnd);
    if (this.reason === undefined) this.leaseEnd = this.endLater();
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
  async run(handler: JobHandler<object, object>, abandonAfterMs: number): Promise<Outcome> {
    const deadline = setTimeout(() => this.abort('deadline'), clampTimer(this.job.deadline_ms));
    let abandon: NodeJS.Timeout | undefined;
    const abandoned = new Promise<Outcome>((resolve) => {
      const later = (): void => {
        abandon = setTimeout(() => resolve({ error: this.controller.signal.reason }), abandonAfterMs);
      };
      if (this.controller.signal.aborted) later();
      else this.controller.signal.addEventListener('abort', later, { once: true });
    });
    try {
      return await Promise.race([this.outcome(handler), abandoned]);
    } finally {
      clearTimeout(deadline);
      clearTimeout(abandon);
      clearTimeout(this.leaseEnd);
    }
  }

  private async outcome(handler: JobHandler<object, object>): Promise<Outcome> {
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
        if (!(await this.completeIn(transaction, result)))
          throw new Error('The attempt is no longer wanted.');
        this.completed = true;
      },
    };
  }

  private endLater(): NodeJS.Timeout {
    return setTimeout(() => this.abort('lost'), this.leaseMs);
  }
}

/** `setTimeout` takes at most 2^31 - 1 ms; a longer deadline does not need a timer as exact. */
const clampTimer = (ms: number): number => Math.min(Math.max(0, ms), 2_147_483_647);
