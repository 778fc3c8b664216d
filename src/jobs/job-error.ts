import { AppError, type FieldError } from '../common/app-error';
import type { ErrorKind } from '../common/error-kinds';
import { OutageError } from '../common/outage-error';
import { isProblemCode, type KindOf, type ProblemCode } from '../common/problem-codes';
import { isDatabaseOutage } from '../database/database-errors';
import type { Job } from './job';

type Permanent = {
  [Code in ProblemCode]: [code: Code, message: string, kind: KindOf<Code>, options?: ErrorOptions];
}[ProblemCode];

/** A failure that trying again cannot mend. */
export class PermanentJobError extends Error {
  readonly code: ProblemCode;
  /** How the synchronous call would have failed. */
  readonly kind: ErrorKind;

  constructor(...[code, message, kind, options]: Permanent) {
    super(message, options);
    this.name = 'PermanentJobError';
    this.code = code;
    this.kind = kind;
  }
}

/** Something that the handler drives (a browser, for one) died under it: counted apart, to find poison. */
export class CrashedJobError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CrashedJobError';
  }
}

/**
 * What a failure does to the job. An `outage` uses up none of its tries, and moves its deadline on; `deadline` ends the
 * job, unless an outage has moved that on in the meantime.
 */
export type FailureClass = 'permanent' | 'retryable' | 'crash' | 'outage' | 'deadline';

const TEMPORARY: readonly ErrorKind[] = ['internal', 'unavailable', 'too_many'];

/** What a thrown error means for the job; its own text is kept from callers unless it was meant for them. */
export function classifyFailure(error: unknown): {
  failureClass: FailureClass;
  code: ProblemCode;
  message: string;
  kind: ErrorKind;
  errors?: FieldError[];
  extensions?: Record<string, unknown>;
  /** Longer than the usual pause before the next attempt. */
  retryAfterSeconds?: number;
} {
  if (error instanceof PermanentJobError) {
    return { failureClass: 'permanent', code: error.code, message: error.message, kind: error.kind };
  }
  // What a service refuses it refuses again: the caller gets what a synchronous call would answer.
  if (error instanceof AppError && !TEMPORARY.includes(error.kind)) {
    const { kind, code, message, details } = error;
    return {
      failureClass: 'permanent',
      code,
      message,
      kind,
      ...(details.errors && { errors: details.errors }),
      ...(details.extensions && { extensions: details.extensions }),
    };
  }
  if (error instanceof OutageError) {
    const { code, message, retryAfterSeconds } = error;
    return { failureClass: 'outage', code, message, kind: 'unavailable', retryAfterSeconds };
  }
  if (isDatabaseOutage(error)) {
    return {
      failureClass: 'outage',
      code: 'database_unavailable',
      message: 'The database was not available for a while.',
      kind: 'unavailable',
    };
  }
  if (error instanceof CrashedJobError) {
    return { failureClass: 'crash', code: 'crashed', message: error.message, kind: 'internal' };
  }
  return {
    failureClass: 'retryable',
    code: 'internal_error',
    message: 'The job failed for an internal reason.',
    kind: 'internal',
  };
}

/** @param what has been erased, `report` for one */
export const erasedError = (what: string, extensions: Record<string, unknown> = {}): AppError =>
  new AppError('gone', 'erased', `The ${what} was erased, with the person that it was about.`, {
    extensions,
  });

/** How the synchronous call would have failed: with the same code, unless that is one that a worker outside made up. */
export function failureOf(job: Job, extensions: Record<string, unknown> = {}): AppError {
  const {
    kind,
    code,
    message,
    errors,
    extensions: own,
  } = job.error ?? {
    kind: 'internal' as const,
    code: 'internal_error',
    message: 'The job failed.',
  };
  return AppError.like({ kind, code: isProblemCode(code) ? code : 'job_failed' }, message, {
    extensions: { ...own, ...extensions },
    ...(errors && { errors }),
  });
}
