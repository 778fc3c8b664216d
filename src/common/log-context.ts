import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * What a log line is about, beside what it says: one search for an id follows a report from its request to its callback.
 * An id that is `null` is not logged.
 */
export interface LogContext {
  request_id?: string | null;
  job_id?: string | null;
  delivery_id?: string;
}

const storage = new AsyncLocalStorage<LogContext>();

/** Everything that is logged by `work`, and by what it waits for, has these ids. */
export const withLogContext = <Result>(ids: LogContext, work: () => Result): Result =>
  storage.run({ ...ids }, work);

/**
 * For what one request starts and all share: its log lines are not about that request. Not `exit`, which takes the hooks
 * of all promises of the process out and in again, on Node 20.
 */
export const withoutLogContext = <Result>(work: () => Result): Result => storage.run({}, work);

export const logContext = (): Readonly<LogContext> => storage.getStore() ?? {};

/** Adds what has become known in the meantime to the lines that follow. */
export function addToLogContext(ids: LogContext): void {
  const context = storage.getStore();
  if (context !== undefined) Object.assign(context, ids);
}
