/** An attempt that a worker was given: what every later change of it must name. */
export interface Lease {
  jobId: string;
  attempt: number;
}

/** Seconds that a worker has after a job's deadline to tell its end, before the reaper ends it. */
const AFTER_DEADLINE_SECONDS = 5;

/**
 * The end of a lease that begins now, in SQL: never long after the job's deadline, so that a worker that hangs cannot
 * keep a job unfinished past it.
 *
 * @param seconds SQL expression
 */
export const leaseUntil = (seconds: string): string =>
  `least(now() + make_interval(secs => ${seconds}), deadline_at + interval '${AFTER_DEADLINE_SECONDS} s')`;

/** Milliseconds until a time, by the database's clock alone, in SQL: workers' clocks may differ. */
export const millisecondsUntil = (time: string): string =>
  `(extract(epoch FROM ${time} - clock_timestamp()) * 1000)::float8`;
