/** What kind of refusal this is; the problem filter turns it into an HTTP status. */
export type ErrorKind =
  | 'bad_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'conflict'
  | 'gone'
  | 'precondition_failed'
  | 'too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'unprocessable'
  | 'too_many'
  | 'internal'
  | 'unavailable';

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

/** An error that the caller gets to see. `code` is stable and machine-readable; `message` is for people. */
export class AppError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly details: AppErrorDetails = {},
  ) {
    super(message);
    this.name = 'AppError';
  }
}

/** The same answer for what does not exist and for what belongs to another client. */
export const notFound = (what: string): AppError =>
  new AppError('not_found', 'not_found', `There is no such ${what}.`);

export const invalidField = (field: string, message: string): AppError =>
  new AppError('unprocessable', 'invalid_request', 'The request is not valid.', {
    errors: [{ field, message }],
  });
