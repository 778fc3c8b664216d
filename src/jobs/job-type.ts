import type { Scope } from '../clients/scope';
import { SetMetadata, type Type } from '@nestjs/common';
import type { Client } from '../clients/client';
import type { EntityManager } from 'typeorm';

export interface JobResource {
  /** Relation of the link to the outcome, `reports` for one. */
  rel: string;
  path: string;
  statusPath: string;
}

/**
 * The definition of a job type: everything that is true of it without running it. Both the API (which submits) and
 * the worker (which has the handler) know it. `Parameters` is what is stored for the handler, `Result` what it returns;
 * both must survive JSON.
 */
export interface JobType<Parameters extends object = object, Result extends object = object> {
  /** Dotted, stable: event types (`orders.report.completed`) are made of it. */
  readonly name: string;
  /** The named parts of the work, in order, as callers see them. */
  readonly steps: readonly [string, ...string[]];
  /** The scope that a caller needs to submit it, read it and cancel it. */
  readonly scope: Scope;
  /** Retryable failures before the job ends `FAILED`. */
  readonly maxFailures: number;
  /** Crashes (of the worker, or of what it drives) before the job ends `FAILED` as `poison`. */
  readonly maxCrashes: number;
  /** Seconds from acceptance to the time by which the job has ended, whatever happens. */
  readonly deadlineSeconds: number;
  /** Where the outcome is found; `{id}` stands for the job's id. Without it, the monitor is the only place. */
  readonly resource?: JobResource;
  /** How a request for it is read, where any route may submit one; without it, only its own operation does. */
  readonly input?: JobInput<Parameters>;
  /** The class that documents its result; without it, the result is any object. */
  readonly resultView?: Type<object>;
  /** Whether its work is done outside, by workers that claim it over HTTP; it then has no handler here. */
  readonly external: boolean;
  /** Whether its handler needs the store of files: while that is away it is not begun, and its deadline moves on. */
  readonly usesStore: boolean;
  /** Whether the result names an artifact, which expires after the configured retention. */
  readonly keepsArtifact: boolean;
  /**
   * Whether its handler does little but wait for others, for hours perhaps. It takes no slot while it runs, is given back at
   * once when its worker stops, and is not suspected when its worker crashes.
   */
  readonly waits: boolean;
  /** Only for the compiler: ties the types of parameters and result to the definition. */
  readonly types?: { parameters: Parameters; result: Result };
}

const DEFAULTS = {
  maxFailures: 3,
  maxCrashes: 3,
  deadlineSeconds: 900,
  external: false,
  usesStore: false,
  keepsArtifact: false,
  waits: false,
};

/** Defines a job type: `defineJobType<ReportParameters, ReportResult>({ name: 'orders.report', ... })`. */
export function defineJobType<Parameters extends object, Result extends object>(
  definition: Pick<
    JobType<Parameters, Result>,
    'name' | 'steps' | 'scope' | 'resource' | 'input' | 'resultView'
  > &
    Partial<typeof DEFAULTS>,
): JobType<Parameters, Result> {
  return Object.freeze({ ...DEFAULTS, ...definition });
}

/** How a caller's request becomes what is stored for the handler. */
export interface JobInput<Parameters extends object = object> {
  /** Validates what callers send; `null` where any object will do. */
  readonly requestClass: Type<object> | null;
  readonly toParameters: (request: object, client: Client) => Parameters;
}

/** Ties a request class and its mapping together: `jobInput(ReportParameters, toParameters)`. */
export const jobInput = <Request extends object, Parameters extends object>(
  requestClass: Type<Request> | null,
  toParameters: (request: Request, client: Client) => Parameters,
): JobInput<Parameters> => ({
  requestClass,
  // Only instances of that class are ever given to it.
  toParameters: (request, client) => toParameters(request as Request, client),
});

/**
 * Looks at a job of one type before it is accepted, by whichever route it comes. Annotate the class with
 * `@AdmitsJob(TYPE)`, and list it as a provider of its feature. A type without one has nothing to look at.
 */
export interface JobAdmission<Parameters extends object> {
  /**
   * @returns the seconds within which this piece of work will have ended
   * @throws AppError for a job that could never be done; a repeated request gets its job nevertheless
   */
  admit(clientId: string, parameters: Parameters): Promise<{ deadlineSeconds: number }>;
}

type AdmissionClass<P extends object> = new (...args: never[]) => JobAdmission<P>;

export const ADMITS_JOB = Symbol('admits job');

/** Ties an admission to its job type; does not compile when their parameters differ. */
export const AdmitsJob =
  <P extends object, R extends object>(type: JobType<P, R>) =>
  (target: AdmissionClass<P>): void => {
    SetMetadata(ADMITS_JOB, type)(target);
  };

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
