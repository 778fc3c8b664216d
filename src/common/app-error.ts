import type { ErrorKind } from './error-kinds';
import type { KindOf, ProblemCode } from './problem-codes';

export interface FieldError {
  field: string;
  message: string;
}

export interface AppErrorDetails {
  /** The bad fields of the input. */
  errors?: FieldError[];
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  retryAfter?: number;
  /** Further headers of the answer. */
  headers?: Record<string, string>;
  /** Further members of the problem (RFC 9457, section 3.2). */
  extensions?: Record<string, unknown>;
}

/** A code with a status that is its own, what happened, for people, and more about it. */
type Refusal = {
  [Code in ProblemCode]: [kind: KindOf<Code>, code: Code, message: string, details?: AppErrorDetails];
}[ProblemCode];

/** An error that the caller gets to see. `code` is stable and machine-readable; `message` is for people. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly code: ProblemCode;
  readonly details: AppErrorDetails;

  constructor(...[kind, code, message, details = {}]: Refusal) {
    super(message);
    this.name = 'AppError';
    this.kind = kind;
    this.code = code;
    this.details = details;
  }

  /** One of the kind and the code of another, or of a failure that was stored. */
  static like(
    { kind, code }: { kind: ErrorKind; code: ProblemCode },
    message: string,
    details: AppErrorDetails = {},
  ): AppError {
    return new AppError(...([kind, code, message, details] as Refusal));
  }
}

/** The same answer for what does not exist and for what belongs to another client. */
export const notFound = (what: string): AppError =>
  new AppError('not_found', 'not_found', `There is no such ${what}.`);

export const invalidField = (field: string, message: string): AppError =>
  new AppError('unprocessable', 'invalid_request', 'The request is not valid.', {
    errors: [{ field, message }],
  });
