import { SetMetadata } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JobType } from './job-type';

/** What a handler gets for one attempt at a job. */
export interface JobContext<Parameters extends object> {
  readonly jobId: string;
  readonly clientId: string;
  /** The fencing token: put it into the name of everything durable that the attempt makes. */
  readonly attempt: number;
  readonly parameters: Parameters;
  /** Aborted when the job is cancelled, past its deadline, or no longer this worker's. Stop at once and throw. */
  readonly signal: AbortSignal;
  /** Enters the next step; those before it count as done. */
  step(name: string): void;
  /** Progress of the whole job, 0 to 1. */
  progress(fraction: number): void;
  /** Says how large the work is (rows, for one) as soon as it is known, so that the ETA can be learnt. */
  size(amount: number): void;
  /**
   * For work whose outcome is rows of our own database: ends the job in the handler's transaction, so that both become
   * true together or not at all, and a cancellation comes before both or after both. Commit at once afterwards, and
   * return the same result.
   *
   * @throws Error when the attempt was cancelled or is no longer this worker's: roll back
   */
  completeIn(transaction: EntityManager, result: object): Promise<void>;
}

/**
 * Does the work of one job type. Annotate the class with `@HandlesJob(TYPE)` and list it as a provider of its feature;
 * boot fails when a type has two handlers, or none where jobs are worked on. `run` may be called again after a crash, so what it makes durable
 * carries the attempt; the engine keeps only what the winning attempt returned. Throw `PermanentJobError` for a failure
 * that a retry cannot mend, `CrashedJobError` when something the handler drives died; an `OutageError` of what it depends on
 * waits for its end; anything else is retried.
 */
export interface JobHandler<Parameters extends object, Result extends object> {
  run(context: JobContext<Parameters>): Promise<Result>;
}

type HandlerClass<P extends object, R extends object> = new (...args: never[]) => JobHandler<P, R>;

export const HANDLES_JOB = Symbol('handles job');

/** Ties a handler class to its job type; does not compile when their parameters or results differ. */
export const HandlesJob =
  <P extends object, R extends object>(type: JobType<P, R>) =>
  (target: HandlerClass<P, R>): void => {
    SetMetadata(HANDLES_JOB, type)(target);
  };
