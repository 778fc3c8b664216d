import type { Scope } from '../clients/scope';
import type { JobIntake } from './job-intake';

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
  readonly intake?: JobIntake<Parameters>;
  /** Whether its work is done outside, by workers that claim it over HTTP; it then has no handler here. */
  readonly external: boolean;
  /** Whether its handler needs the store of files: while that is away it is not begun, and its deadline moves on. */
  readonly usesStore: boolean;
  /** Whether the result names an artifact, which expires after the configured retention. */
  readonly keepsArtifact: boolean;
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
};

/** Defines a job type: `defineJobType<ReportParameters, ReportResult>({ name: 'orders.report', ... })`. */
export function defineJobType<Parameters extends object, Result extends object>(
  definition: Pick<JobType<Parameters, Result>, 'name' | 'steps' | 'scope' | 'resource' | 'intake'> &
    Partial<typeof DEFAULTS>,
): JobType<Parameters, Result> {
  return Object.freeze({ ...DEFAULTS, ...definition });
}
