import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { type Actor, actorParameters, writeAudit } from '../clients/audit-entry';
import { isTerminal, Job, JOB_COLUMNS, type JobFailure, JobState } from './job';
import { JobEntity } from './job.entity';
import type { FailureClass } from './job-error';
import {
  DATABASE_UNAVAILABLE,
  DEADLINE_EXCEEDED,
  EVENT_OF_FAILURE,
  IS_CLOCK_TRUE,
  isOverdue,
  JOB_END,
  JOB_TIMES,
  JobEnd,
  JobLease,
  leaseUntil,
  LONGEST_OUTAGE_SECONDS,
  millisecondsUntil,
  OUTCOME,
  poison,
  STORE_UNAVAILABLE,
  WAITS_BY_DEADLINE,
  waitsForStore,
  withinLongestOutage,
  WORKER_LOST,
  writeEvent,
} from './job-sql';
import { JobSignals } from './job-signals';
import { prepared, unseen } from '../database/prepared';

export interface AttemptReport extends JobLease {
  step: number;
  progress: number;
  size: number | null;
}

/** An attempt that is still the worker's. */
export interface HeldLease {
  id: string;
  attempt: number;
  cancelled: boolean;
  /** Milliseconds until the lease ends, and until the deadline, by the database's clock. */
  lease_ms: number;
  deadline_ms: number;
}

/** What else matters of an attempt that failed. */
export interface FailedAttempt {
  /** The next attempt is not made before. */
  retryAfterSeconds?: number;
  /** How long it took. */
  seconds?: number;
  /** Whether the job needs the store of files. */
  usesStore?: boolean;
}

export interface Completion extends JobLease {
  result: object;
  /** The amount of work that it was, where it is known. */
  size: number | null;
  /** After which its artifact expires; `null` for none. */
  retentionDays: number | null;
}

/**
 * The state of a job that is named by its id. The planner does not see it: it thinks that few jobs are under way, and would
 * read the index of all of them instead of that of the ids.
 */
const UNDER_WAY = unseen(`'IN_PROGRESS'`);

/** Rows that one statement changes, so that none holds its locks for long. */
const REPAIRS_AT_ONCE = 500;

/**
 * CTEs that end attempts with their results, in SQL; `completed` has the rows after it. Their first five parameters are
 * `completionParameters`. They lock in the order of the ids, so that two statements that name the same jobs never wait each
 * for the other.
 */
export const COMPLETED = `done AS (
     SELECT * FROM unnest(${['$1::uuid[]', '$2::int[]', '$3::jsonb[]', '$4::bigint[]', '$5::int[]'].map(unseen).join(', ')})
       AS d(id, attempt, result, size, days)
   ), held AS (
     SELECT id FROM job WHERE id = ANY(${unseen('$1::uuid[]')}::uuid[]) ORDER BY id FOR NO KEY UPDATE
   ), completed AS (
     UPDATE job j SET state = 'COMPLETED', result = d.result, error = NULL, finished_at = clock_timestamp(),
       progress = 100, step = cardinality(steps), size = coalesce(d.size, j.size), lease_owner = NULL, lease_until = NULL,
       expires_at = now() + make_interval(days => d.days)
     FROM done d JOIN held USING (id)
     WHERE j.id = d.id AND j.attempt = d.attempt AND j.state = ${UNDER_WAY} AND j.cancel_requested_at IS NULL
     RETURNING j.*
   ), ${writeEvent(`'completed'`, OUTCOME, 'completed')}`;

export const completionParameters = (completions: Completion[]): unknown[] => [
  completions.map(({ jobId }) => jobId),
  completions.map(({ attempt }) => attempt),
  completions.map(({ result }) => JSON.stringify(result)),
  completions.map(({ size }) => size),
  completions.map(({ retentionDays }) => retentionDays),
];

const COMPLETE = prepared('job_complete', `WITH ${COMPLETED} SELECT ${JOB_END} FROM completed`);

/**
 * The state machine: every change of a job's state but its claim (`job-claims.ts`). Each transition is one statement that names the state and the attempt it expects, writes its
 * event with it, and answers whether it was the one that made the change. No row changed means that somebody else was
 * first: drop the work.
 */
@Injectable()
export class JobTransitions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Stores how far the attempts are that a worker is busy with, and renews their leases when a third of one is used up.
   * What has not changed is only read, so that it may be asked often.
   *
   * @returns those that are still the worker's; one that is missing was lost, and its work must stop
   */
  async heartbeat(reports: AttemptReport[], leaseSeconds: number): Promise<HeldLease[]> {
    return this.dataSource.query(
      `WITH report AS (
         SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::bigint[])
           AS r(id, attempt, step, progress, size)
       ), held AS (
         SELECT r.id, r.attempt, r.step, r.progress, coalesce(r.size, j.size) AS size, j.step AS step_before,
           j.lease_until, j.deadline_at AS deadline, j.cancel_requested_at IS NOT NULL AS cancelled,
           (j.step, j.progress, j.size) IS DISTINCT FROM (r.step, r.progress, coalesce(r.size, j.size))
             OR j.lease_until < ${leaseUntil('$6::float8 * 2 / 3')} AS changes
         FROM report r JOIN job j ON j.id = r.id AND j.attempt = r.attempt AND j.state = ${UNDER_WAY}
       ), free AS (
         -- Not one that is being changed at this moment: a heartbeat waits for nobody, and the next one sees it.
         SELECT j.id FROM held JOIN job j ON j.id = held.id AND j.attempt = held.attempt
         WHERE held.changes AND j.state = ${UNDER_WAY}
         FOR NO KEY UPDATE OF j SKIP LOCKED
       ), changed AS (
         UPDATE job j SET step = held.step, progress = held.progress, size = held.size,
           lease_until = CASE WHEN j.lease_until < ${leaseUntil('$6::float8 * 2 / 3')} THEN ${leaseUntil('$6')}
             ELSE j.lease_until END
         FROM held JOIN free USING (id)
         WHERE j.id = held.id AND j.attempt = held.attempt AND j.state = ${UNDER_WAY}
         RETURNING j.*, held.step_before
       ), event AS (
         INSERT INTO job_event (job_id, client_id, type, round, attempt, data)
         SELECT id, client_id, type || '.progressed', round, attempt,
           jsonb_build_object('step', steps[step + 1], 'progress', progress)
         FROM changed WHERE step > step_before AND cancel_requested_at IS NULL
       )
       SELECT held.id, held.attempt, cancelled,
         ${millisecondsUntil('coalesce(changed.lease_until, held.lease_until)')} AS lease_ms,
         ${millisecondsUntil('held.deadline')} AS deadline_ms
       FROM held LEFT JOIN changed USING (id)`,
      [
        reports.map((report) => report.jobId),
        reports.map((report) => report.attempt),
        reports.map((report) => report.step),
        reports.map((report) => report.progress),
        reports.map((report) => report.size),
        leaseSeconds,
      ],
    );
  }

  /**
   * Ends an attempt with its result. What the result names must be durable before. A worker that goes on to its next job
   * does both in one statement: see `JobClaims.completeAndClaim`.
   *
   * @returns the end; `null` when the attempt was cancelled or is no longer this worker's
   */
  async complete(completion: Completion): Promise<JobEnd | null> {
    const end = await this.completeIn(this.dataSource, completion);
    if (end !== null) this.signals.publishEnds([end]);
    return end;
  }

  /** The same as a part of a transaction, after whose commit the caller publishes the end. */
  async completeIn(
    transaction: Pick<EntityManager, 'query'>,
    completion: Completion,
  ): Promise<JobEnd | null> {
    const [end] = await transaction.query<JobEnd[]>(COMPLETE, completionParameters([completion]));
    return end ?? null;
  }

  /**
   * Ends an attempt that failed: back to `PENDING` with exponential backoff and jitter, or `FAILED` when it is
   * permanent, when the tries or the time are used up, or when the job keeps crashing what works on it (`poison`);
   * `CANCELLED` when that was asked for meanwhile.
   *
   * An outage uses up no try, and moves the deadline on: from the begin of the first attempt that it ended to the time at
   * which the next is due, as long as one attempt after the other is ended so. It ends the job when outages have moved the
   * deadline by a day.
   *
   * @returns the new state; `null` when the attempt was no longer this worker's
   */
  async fail(
    lease: JobLease,
    failureClass: FailureClass,
    failure: JobFailure,
    { retryAfterSeconds = 0, seconds = 0, usesStore = false }: FailedAttempt = {},
  ): Promise<JobState | null> {
    const rows = await this.dataSource.query<JobEnd[]>(
      `WITH changed AS (
         UPDATE job SET ${endAttempt(IS_OVER)},
           failures = failures + ($3 IN ('permanent', 'retryable'))::int, crashes = crashes + ($3 = 'crash')::int,
           outages = CASE $3 WHEN 'outage' THEN outages + 1 ELSE 0 END,
           outage_seconds = outage_seconds + ${MOVED},
           outage_counted_until = CASE $3 WHEN 'outage' THEN now() + make_interval(secs => ${PAUSE})
             ELSE outage_counted_until END,
           deadline_at = deadline_at + make_interval(secs => ${MOVED}),
           error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL
             WHEN $3 = 'crash' AND crashes + 1 >= max_crashes THEN ${poison('$4::jsonb')}
             WHEN $3 = 'deadline' AND NOT ${IS_OVER} THEN error ELSE $4::jsonb END,
           run_at = now() + make_interval(secs => ${PAUSE})
         WHERE id = $1 AND attempt = $2 AND state = ${UNDER_WAY}
         RETURNING *
       ), ${writeEvent(EVENT_OF_FAILURE, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      [
        lease.jobId,
        lease.attempt,
        failureClass,
        JSON.stringify(failure),
        retryAfterSeconds,
        Math.random(),
        seconds,
        usesStore,
      ],
    );
    this.signals.publishEnds(rows);
    return rows[0]?.state ?? null;
  }

  /** Ends an attempt whose cancellation was asked for. */
  async cancelled(lease: JobLease): Promise<boolean> {
    const rows = await this.dataSource.query<JobEnd[]>(
      `WITH changed AS (
         UPDATE job SET state = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_until = NULL, error = NULL
         WHERE id = $1 AND attempt = $2 AND state = ${UNDER_WAY} AND cancel_requested_at IS NOT NULL
         RETURNING *
       ), ${writeEvent(`'cancelled'`, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      [lease.jobId, lease.attempt],
    );
    this.signals.publishEnds(rows);
    return rows.length === 1;
  }

  /** Gives an attempt back unfinished (a worker that shuts down): nobody's failure, due again at once. */
  async release(lease: JobLease): Promise<boolean> {
    const rows = await this.dataSource.query<JobEnd[]>(
      `WITH changed AS (
         UPDATE job SET ${endAttempt('false')}, run_at = now()
         WHERE id = $1 AND attempt = $2 AND state = ${UNDER_WAY}
         RETURNING *
       ), ${writeEvent(`CASE state WHEN 'CANCELLED' THEN 'cancelled' ELSE 'released' END`, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      [lease.jobId, lease.attempt],
    );
    this.signals.publishEnds(rows);
    return rows.length === 1;
  }

  /** Gives back what a worker was given without learning of it: its claim was committed, the answer was lost. */
  async releaseUnknown(worker: string, known: string[]): Promise<void> {
    const rows = await this.dataSource.query<JobLease[]>(
      `SELECT id AS "jobId", attempt FROM job
       WHERE state = 'IN_PROGRESS' AND lease_owner = $1 AND NOT id = ANY($2)`,
      [worker, known],
    );
    for (const lease of rows) await this.release(lease);
  }

  /**
   * Cancels for the owner: a pending job at once, a running one by asking its worker.
   *
   * @returns the job after it; unchanged when it had ended before, `null` when the client has no such job
   */
  async cancel(clientId: string, jobId: string): Promise<Job | null> {
    const rows = await this.dataSource.query<(Job & JobEnd)[]>(
      `WITH changed AS (
         UPDATE job SET cancel_requested_at = coalesce(cancel_requested_at, now()),
           state = CASE state WHEN 'PENDING' THEN 'CANCELLED' ELSE state END,
           finished_at = CASE state WHEN 'PENDING' THEN now() END,
           error = NULL
         WHERE id = $2 AND client_id = $1 AND state IN ('PENDING', 'IN_PROGRESS') AND cancel_requested_at IS NULL
         RETURNING *
       ), ${writeEvent(`CASE state WHEN 'CANCELLED' THEN 'cancelled' ELSE 'cancel_requested' END`, OUTCOME)}
       SELECT ${JOB_COLUMNS}, request_id, ${JOB_TIMES} FROM changed`,
      [clientId, jobId],
    );
    const cancelled = rows[0];
    if (cancelled === undefined) return this.find(clientId, jobId);
    this.signals.publishEnds(rows);
    if (!isTerminal(cancelled.state)) this.signals.cancelRequested.next();
    return cancelled;
  }

  /**
   * Cancels all of a client's jobs: those that wait at once, those that run by asking their workers. What others change
   * just now is left for the next time.
   *
   * @returns how many
   */
  async cancelAll(clientId: string): Promise<number> {
    let all = 0;
    for (let changed = REPAIRS_AT_ONCE; changed === REPAIRS_AT_ONCE; all += changed) {
      const rows = await this.dataSource.query<JobEnd[]>(
        `WITH unfinished AS (
           SELECT id FROM job
           WHERE client_id = $1 AND state IN ('PENDING', 'IN_PROGRESS') AND cancel_requested_at IS NULL
           LIMIT ${REPAIRS_AT_ONCE} FOR UPDATE SKIP LOCKED
         ), changed AS (
           UPDATE job j SET cancel_requested_at = now(), error = NULL,
             state = CASE state WHEN 'PENDING' THEN 'CANCELLED' ELSE state END,
             finished_at = CASE state WHEN 'PENDING' THEN now() END
           FROM unfinished WHERE j.id = unfinished.id
           RETURNING j.*
         ), ${writeEvent(`CASE state WHEN 'CANCELLED' THEN 'cancelled' ELSE 'cancel_requested' END`, OUTCOME)}
         SELECT ${JOB_END} FROM changed`,
        [clientId],
      );
      changed = rows.length;
      this.signals.publishEnds(rows);
    }
    if (all > 0) this.signals.cancelRequested.next();
    return all;
  }

  /**
   * An operator's retry: a failed job again, under the same id, with its counters and its deadline fresh. Goes into the
   * audit trail.
   */
  async retry(actor: Actor, jobId: string, deadlineSeconds: number): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH changed AS (
         UPDATE job SET state = 'PENDING', round = round + 1, failures = 0, crashes = 0, outages = 0,
           outage_seconds = 0, outage_counted_until = NULL, error = NULL, step = 0, progress = 0, started_at = NULL, finished_at = NULL,
           run_at = now(), deadline_at = now() + make_interval(secs => $5)
         WHERE id = $4 AND state = 'FAILED' AND erased_at IS NULL
         RETURNING *
       ), ${writeEvent(`'retried'`)}, ${writeAudit(
         'job.retried',
         `client_id, NULL::uuid, jsonb_build_object('job_id', id, 'type', type) FROM changed`,
       )}
       SELECT id FROM changed`,
      [...actorParameters(actor), jobId, deadlineSeconds],
    );
    return rows.length === 1;
  }

  /**
   * Ends what is kept of a completed job's result before its time. Goes into the audit trail.
   *
   * @returns whether there was anything left to end
   */
  async expire(actor: Actor, jobId: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH expired AS (
         UPDATE job SET expires_at = now()
         WHERE id = $4 AND client_id = $1::uuid AND state = 'COMPLETED' AND expires_at > now()
         RETURNING *
       ), ${writeAudit(
         'file.deleted',
         `client_id, NULL::uuid, jsonb_build_object('job_id', id, 'type', type) FROM expired`,
       )}
       SELECT id FROM expired`,
      [...actorParameters(actor), jobId],
    );
    return rows.length === 1;
  }

  /**
   * Takes back attempts whose worker stopped renewing its lease, so many at once. A crash is counted apart from a failure; that a lease
   * could not be renewed because the database was away is none.
   *
   * @param storeTypes the types that need the store
   * @returns the jobs after it
   */
  async reap(storeTypes: string[]): Promise<JobEnd[]> {
    return this.repair(
      `WITH dead AS (
         SELECT id, (NOT EXISTS (
           SELECT FROM outage o
           WHERE o.dependency = 'database' AND o.survived AND lease_until BETWEEN o.began_at AND o.ended_at
         ))::int AS crash
         FROM job WHERE state = 'IN_PROGRESS' AND lease_until < now() AND ${IS_CLOCK_TRUE}
         LIMIT ${REPAIRS_AT_ONCE} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET ${endAttempt(CRASH_IS_OVER)}, crashes = crashes + crash, run_at = now(),
           error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL
             WHEN ${OVERDUE} THEN ${FAILURE_OF_OVERDUE}
             WHEN crash = 0 THEN ${DATABASE_UNAVAILABLE}
             WHEN ${CRASH_IS_OVER} THEN ${poison(WORKER_LOST)} ELSE ${WORKER_LOST} END
         FROM dead WHERE j.id = dead.id
         RETURNING j.*
       ), ${writeEvent(EVENT_OF_FAILURE, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      storeTypes,
    );
  }

  /**
   * Ends jobs that waited past their deadline, so many at once. A running one is ended by its worker, or reaped.
   *
   * @param storeTypes the types that need the store
   * @returns the jobs after it
   */
  async endOverdue(storeTypes: string[]): Promise<JobEnd[]> {
    return this.repair(
      `WITH overdue AS (
         SELECT id FROM job WHERE ${WAITS_BY_DEADLINE} AND deadline_at <= now() AND ${OVERDUE}
         ORDER BY deadline_at LIMIT ${REPAIRS_AT_ONCE} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET state = 'FAILED', finished_at = now(), error = ${FAILURE_OF_OVERDUE}
         FROM overdue WHERE j.id = overdue.id
         RETURNING j.*
       ), ${writeEvent(`'failed'`, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      storeTypes,
    );
  }

  /** A statement of its own, so that it sees what came before a change that was not made. */
  private find(clientId: string, jobId: string): Promise<Job | null> {
    return this.dataSource.manager.findOneBy(JobEntity, { id: jobId, client_id: clientId });
  }

  private async repair(statement: string, storeTypes: string[]): Promise<JobEnd[]> {
    const rows = await this.dataSource.query<JobEnd[]>(statement, [storeTypes]);
    this.signals.publishEnds(rows);
    return rows;
  }
}

/**
 * What every attempt that did not complete leaves behind, in SQL: the lease ends, and the job is cancelled where that was
 * asked for, failed where it is over, and else pending from its first step.
 *
 * @param isOver SQL expression over the row before the change
 */
const endAttempt = (isOver: string): string => `lease_owner = NULL, lease_until = NULL,
  state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED' WHEN ${isOver} THEN 'FAILED' ELSE 'PENDING' END,
  finished_at = CASE WHEN cancel_requested_at IS NOT NULL OR ${isOver} THEN now() END,
  step = CASE WHEN cancel_requested_at IS NOT NULL OR ${isOver} THEN step ELSE 0 END,
  progress = CASE WHEN cancel_requested_at IS NOT NULL OR ${isOver} THEN progress ELSE 0 END`;

/** Seconds to the next attempt, in SQL over the row before the change. Those of an outage grow to a minute. */
const PAUSE = `greatest($5::float8, (0.5 + $6::float8) * CASE $3
  WHEN 'outage' THEN least(40, 2 * power(2, least(outages, 5))) ELSE least(60, power(2, failures + crashes)) END)`;

/**
 * Seconds that an outage cost, up to the next attempt. Where attempts before were ended by it too, only those since
 * `outage_counted_until`, up to which the others have counted it.
 */
const LOST = `(${PAUSE} + greatest(0, extract(epoch FROM now() - CASE WHEN outages > 0 THEN outage_counted_until
  ELSE greatest(now() - make_interval(secs => $7::float8), outage_counted_until) END)::float8))`;

const MOVED = `CASE $3 WHEN 'outage' THEN ${withinLongestOutage(LOST)} ELSE 0 END`;

/** Whether the failure ends the job. */
const IS_OVER = `CASE $3 WHEN 'permanent' THEN true
  WHEN 'crash' THEN crashes + 1 >= max_crashes
  WHEN 'retryable' THEN failures + 1 >= max_failures
  WHEN 'outage' THEN outage_seconds + ${LOST} >= ${LONGEST_OUTAGE_SECONDS}
  WHEN 'deadline' THEN ${isOverdue('$8::boolean')} END`;

const USES_STORE = 'type = ANY($1::text[])';
const OVERDUE = isOverdue(USES_STORE);

/** Whether what is taken back ends the job, in SQL, over the row before the change. */
const CRASH_IS_OVER = `(crashes + crash >= max_crashes OR ${OVERDUE})`;

/** Why a job was not done in time: an outage that it was waiting for, if it was. */
const FAILURE_OF_OVERDUE = `CASE
  WHEN error ->> 'code' IN ('store_unavailable', 'store_full', 'database_unavailable') THEN error
  WHEN ${waitsForStore(USES_STORE)} THEN ${STORE_UNAVAILABLE} ELSE ${DEADLINE_EXCEEDED} END`;
