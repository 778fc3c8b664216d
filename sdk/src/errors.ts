import { retryAfterSeconds } from './retry-after.ts';
import type { Problem } from './types.ts';

/** Everything that this package throws by itself is one of these. */
export class OrderReportsError extends Error {
  override readonly name: string = 'OrderReportsError';
}

/** The service refused a call: its problem (RFC 9457), by a `code` that is stable. */
export class ApiError extends OrderReportsError {
  override readonly name = 'ApiError';
  readonly status: number;
  /** `undefined` where what answered was not the service: a proxy, for one. */
  readonly code: Problem['code'] | undefined;
  readonly problem: Problem | undefined;
  /** Name it when you ask for help. */
  readonly requestId: string | undefined;
  /** Seconds after which trying again makes sense, where the service says so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem: Problem | undefined, headers: Headers) {
    const fields = (problem?.errors ?? []).map(({ message }) => message);
    const detail = problem?.detail ?? `The answer was ${status}, and no problem of the service.`;
    super(fields.length > 0 ? `${detail} ${fields.join('; ')}` : detail);
    this.status = status;
    this.code = problem?.code;
    this.problem = problem;
    this.requestId = problem?.request_id ?? headers.get('x-request-id') ?? undefined;
    this.retryAfter = retryAfterSeconds(headers);
  }

  /** The bad fields of the input, by their names. */
  get fields(): Record<string, string> {
    return Object.fromEntries((this.problem?.errors ?? []).map(({ field, message }) => [field, message]));
  }
}

/** The service could not be reached, for as long as the client tries again. `cause` is the last failure. */
export class ConnectionError extends OrderReportsError {
  override readonly name = 'ConnectionError';
}

/** The bytes that arrived are not those that the service has. */
export class DamagedFileError extends OrderReportsError {
  override readonly name = 'DamagedFileError';
}

/** A callback is not genuine, or not of these minutes. */
export class VerificationError extends OrderReportsError {
  override readonly name = 'VerificationError';
}

/** Whether an error is the problem of this code: `isProblem(error, 'storage_quota_exceeded')`. */
export const isProblem = (error: unknown, code: Problem['code']): error is ApiError =>
  error instanceof ApiError && error.code === code;

/** What an error comes of: `fetch` says by itself only that it failed. */
export function rootOf(error: unknown): Error & { code?: unknown } {
  const { cause, errors } = Object(error) as {
    cause?: unknown;
    /** Of a host with several addresses: one of each. */
    errors?: unknown[];
  };
  const deeper = cause ?? errors?.[0];
  if (deeper !== undefined) return rootOf(deeper);
  // Not by its class: that of another realm is another one.
  return Object(error) === error ? (error as Error) : new Error(String(error));
}

/** The same in words. */
export function reasonOf(error: unknown): string {
  const root = rootOf(error);
  return root.message || root.name;
}

/** The error of an answer that is not a success; reads its body. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  return new ApiError(response.status, problemOf(text), response.headers);
}

function problemOf(text: string): Problem | undefined {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null;
    return typeof value?.code === 'string' ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}
