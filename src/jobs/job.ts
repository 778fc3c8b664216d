import type { FieldError } from '../common/app-error';
import type { ErrorKind } from '../common/error-kinds';
import type { JobLabels } from './job-labels';

/** A failure as it is stored. Callers see its `code`, `message` and what says when and where, not `kind` and the rest. */
export interface JobFailure {
  /** Stable and machine-readable: a `ProblemCode`, or what a worker outside said. */
  code: string;
  message: string;
  retryable: boolean;
  /** The step that failed, if one had begun. */
  step: string | null;
  attempt: number;
  /** How the synchronous call would have failed. */
  kind: ErrorKind;
  /** The bad fields of the request, where it was at fault. */
  errors?: FieldError[];
  /** Further members of the problem. */
  extensions?: Record<string, unknown>;
}

/** The call that made the job, echoed to its owner. */
export interface JobRequest {
  method: string;
  path: string;
  body: unknown;
}

/** A row of the job table, as it comes from the database. */
export interface Job extends JobLabels {
  /** Of the answer to a repeated request alone: an `Idempotency-Key` gave the job that it had made before. */
  replayed?: true;
  id: string;
  client_id: string;
  type: string;
  state: JobState;
  request: JobRequest;
  parameters: object;
  callback_url: string | null;
  attempt: number;
  failures: number;
  crashes: number;
  round: number;
  steps: string[];
  step: number;
  progress: number;
  size: string | null;
  result: object | null;
  error: JobFailure | null;
  run_at: Date;
  deadline_at: Date;
  cancel_requested_at: Date | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  expires_at: Date | null;
  estimated_end_at: Date | null;
  /** Since when what it was about, or its file, is erased. */
  erased_at: Date | null;
}

/** The columns of `Job`, for `SELECT` and `RETURNING`. */
export const JOB_COLUMNS = `id, client_id, type, state, request, metadata, tags, parameters, callback_url, attempt,
  failures, crashes, round, steps, step, progress, size, result, error, run_at, deadline_at, cancel_requested_at,
  created_at, started_at, finished_at, expires_at, estimated_end_at, erased_at`;

/** `PENDING -> IN_PROGRESS -> COMPLETED | FAILED | CANCELLED`, and back to `PENDING` for a retry. */
export enum JobState {
  Pending = 'PENDING',
  InProgress = 'IN_PROGRESS',
  Completed = 'COMPLETED',
  Failed = 'FAILED',
  Cancelled = 'CANCELLED',
}

const TERMINAL: readonly JobState[] = [JobState.Completed, JobState.Failed, JobState.Cancelled];

export const isTerminal = (state: JobState): boolean => TERMINAL.includes(state);
