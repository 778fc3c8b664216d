import type { KindOf, ProblemCode } from '../common/problem-codes';
import type { JobState } from './job';

/**
 * The part of a statement that writes one event for each row of a CTE (whole job rows): the change and its event are one
 * statement, so neither can be without the other.
 *
 * @param name SQL expression of what happened, after the job type's name: `accepted`, `started`, `progressed`,
 *   `retry_scheduled`, `released`, `cancel_requested`, `retried`, `completed`, `failed` or `cancelled`
 * @param data SQL expression of the event's data
 * @param changed the CTE of the rows after the change
 */
export const writeEvent = (name: string, data = `'{}'::jsonb`, changed = 'changed'): string => `
  event_of_${changed} AS (
    INSERT INTO job_event (job_id, client_id, type, round, attempt, terminal, data)
    SELECT id, client_id, type || '.' || ${name}, round, attempt,
      state IN ('COMPLETED', 'FAILED', 'CANCELLED'), ${data}
    FROM ${changed}
  )`;

/** Data of an event that may be terminal: a snapshot of the outcome. */
export const OUTCOME = `jsonb_strip_nulls(jsonb_build_object('status', state, 'result', result, 'error', error, 'expires_at', expires_at))`;

/** The name of the event of an attempt that did not end with a result, by the state that it left the job in. */
export const EVENT_OF_FAILURE = `CASE state WHEN 'CANCELLED' THEN 'cancelled' WHEN 'FAILED' THEN 'failed' ELSE 'retry_scheduled' END`;

/** An attempt that a worker was given: what every later change of it must name. */
export interface JobLease {
  jobId: string;
  attempt: number;
}

/** Seconds that a worker has after a job's deadline to store its end, before the repairs end it. */
const AFTER_DEADLINE_SECONDS = 5;

/**
 * The end of a lease that begins now, in SQL: never long after the job's deadline, so that a worker that hangs cannot
 * keep a job unfinished past it.
 *
 * @param seconds SQL expression
 */
export const leaseUntil = (seconds: string): string =>
  `least(now() + make_interval(secs => ${seconds}), deadline_at + interval '${AFTER_DEADLINE_SECONDS} s')`;

/**
 * Whether a job waits, in SQL, for a statement that reads by the type (`job_due`) and for one that reads by the deadline. All others
 * say `state = 'PENDING'` and read by the client (`job_pending`). Where few jobs wait when the planner looks, all these indexes
 * are the same to it: one that a statement does not imply it cannot take.
 */
export const WAITS_BY_TYPE = `state LIKE 'PENDING'`;
export const WAITS_BY_DEADLINE = `starts_with(state, 'PENDING')`;

/** Milliseconds until a time, by the database's clock alone, in SQL: workers' clocks may differ. */
export const millisecondsUntil = (time: string): string =>
  `(extract(epoch FROM ${time} - clock_timestamp()) * 1000)::float8`;

/** What is published of a job's end. Times in seconds; those of a job that has not ended are `null`. */
export interface JobEnd {
  id: string;
  client_id: string;
  type: string;
  /** Of the HTTP request that submitted it. */
  request_id: string | null;
  state: JobState;
  /** From acceptance to the end. */
  total_seconds: number;
  /** From the first start to the end; `null` when it never started. */
  run_seconds: number | null;
  /** How much later than estimated at acceptance; negative when earlier. */
  late_seconds: number | null;
}

/** SQL of the times of a `JobEnd`, over the row after the change. */
export const JOB_TIMES = `extract(epoch FROM finished_at - created_at)::float8 AS total_seconds,
  extract(epoch FROM finished_at - started_at)::float8 AS run_seconds,
  extract(epoch FROM finished_at - estimated_end_at)::float8 AS late_seconds`;

/** SQL of a `JobEnd`, over the row after the change. */
export const JOB_END = `id, client_id, type, request_id, state, ${JOB_TIMES}`;

/** Outages move a job's deadline on by no more than this in all. */
export const LONGEST_OUTAGE_SECONDS = 86_400;

/** Every process says every other second that it sees what it depends on. When none has for so long, it is away. */
export const AWAY_AFTER_SECONDS = 6;

/**
 * Whether the times in the table are to be believed, in SQL: not while the database has just come back and what it lost
 * is not counted yet. Until then nothing is ended, or taken back, for a time that has passed.
 */
export const IS_CLOCK_TRUE = `(coalesce((SELECT seen_at > now() - interval '${AWAY_AFTER_SECONDS} s'
    FROM dependency WHERE name = 'database'), true)
  AND NOT EXISTS (SELECT FROM outage WHERE NOT settled))`;

/** When the store was seen last, in SQL; now, before the first look for it. */
const STORE_SEEN_AT = `coalesce((SELECT seen_at FROM dependency WHERE name = 'store'), now())`;

/** Whether it is the store that a job waits for. */
export const waitsForStore = (usesStore: string): string =>
  `(${usesStore} AND ${STORE_SEEN_AT} <= now() - interval '${AWAY_AFTER_SECONDS} s')`;

/** Seconds by which an outage moves a job's deadline on, never beyond the longest, in SQL over the row before the change. */
export const withinLongestOutage = (seconds: string): string =>
  `least(greatest(0, ${seconds}), ${LONGEST_OUTAGE_SECONDS} - outage_seconds)`;

/**
 * Whether a job's deadline has passed, in SQL over its row. For a job that waits for the store, the time in which the store
 * has been away does not count. That begins when the store was last seen, because only later does it show that this was an
 * outage.
 *
 * @param usesStore SQL expression, of the job
 */
export const isOverdue = (usesStore: string): string => `(${IS_CLOCK_TRUE}
  AND deadline_at + make_interval(secs => CASE WHEN ${usesStore} THEN ${withinLongestOutage(
    `extract(epoch FROM now() - greatest(${STORE_SEEN_AT}, created_at, outage_counted_until))::float8`,
  )} ELSE 0 END) <= now())`;

/** Failures that statements write by themselves: SQL expressions over the row before the change, of type `JobFailure`. */
const failureOfRow = <Code extends ProblemCode>(
  code: Code,
  message: string,
  retryable: boolean,
  kind: KindOf<Code>,
): string =>
  `jsonb_build_object('code', '${code}', 'message', '${message}', 'retryable', ${retryable},
     'step', steps[least(step + 1, cardinality(steps))], 'attempt', attempt, 'kind', '${kind}')`;

export const WORKER_LOST = failureOfRow(
  'worker_lost',
  'The worker stopped before the job was done.',
  true,
  'internal',
);

export const DATABASE_UNAVAILABLE = failureOfRow(
  'database_unavailable',
  'The database was not available for a while.',
  true,
  'unavailable',
);

export const STORE_UNAVAILABLE = failureOfRow(
  'store_unavailable',
  'The store of files was not available for too long.',
  true,
  'unavailable',
);

export const DEADLINE_EXCEEDED = failureOfRow(
  'deadline_exceeded',
  'The job did not end before its deadline.',
  false,
  'internal',
);

const POISON: ProblemCode = 'poison';

/** The failure of a job that keeps crashing what works on it, made of its last one. */
export const poison = (failure: string): string =>
  `${failure} || '{"code": "${POISON}", "message": "The job crashed its worker every time it was tried.", "retryable": false}'::jsonb`;
