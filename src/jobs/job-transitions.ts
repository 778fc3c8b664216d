import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JOB_COLUMNS, Job } from './job';
import type { FailureClass, JobFailure } from './job-error';
import { OUTCOME, writeEvent } from './job-event';
import { isTerminal, JobState } from './job-state';
import { JobSignals } from './job-signals';

/** An attempt that a worker was given: what every later change of it must name. */
export interface Lease {
  jobId: string;
  attempt: number;
}

export interface AttemptReport extends Lease {
  step: number;
  progress: number;
  size: number | null;
}

/** The name of the event that tells a job's new state, in SQL. */
const EVENT_OF_STATE = `CASE state WHEN 'CANCELLED' THEN 'cancelled' WHEN 'FAILED' THEN 'failed' ELSE 'retry_scheduled' END`;

/**
 * The state machine. Each transition is one statement that names the state and the attempt it expects, writes its
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
   * Prolongs the leases of attempts that a worker is busy with and stores how far they are.
   *
   * @returns those that are still the worker's; one that is missing was lost, and its work must stop
   */
  async heartbeat(
    reports: AttemptReport[],
    leaseSeconds: number,
  ): Promise<{ id: string; attempt: number; cancelled: boolean }[]> {
    return this.dataSource.query(
      `WITH report AS (
         SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::bigint[])
           AS r(id, attempt, step, progress, size)
       ), changed AS (
         UPDATE job j SET lease_until = now() + make_interval(secs => $6),
           step = r.step, progress = r.progress, size = coalesce(r.size, j.size)
         FROM report r JOIN job before ON before.id = r.id
         WHERE j.id = r.id AND j.attempt = r.attempt AND j.state = 'IN_PROGRESS'
         RETURNING j.*, before.step AS step_before
       ), event AS (
         INSERT INTO job_event (job_id, client_id, type, round, attempt, data)
         SELECT id, client_id, type || '.progressed', round, attempt,
           jsonb_build_object('step', steps[step + 1], 'progress', progress)
         FROM changed WHERE step > step_before
       )
       SELECT id, attempt, cancel_requested_at IS NOT NULL AS cancelled FROM changed`,
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

  /** Ends an attempt with its result. What the result names must be durable before. */
  async complete(
    lease: Lease,
    result: object,
    size: number | null,
    retentionDays: number | null,
  ): Promise<boolean> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH changed AS (
         UPDATE job SET state = 'COMPLETED', result = $3, error = NULL, finished_at = now(), progress = 100,
           step = cardinality(steps), size = coalesce($4, size), lease_owner = NULL, lease_until = NULL,
           expires_at = now() + make_interval(days => $5::int)
         WHERE id = $1 AND attempt = $2 AND state = 'IN_PROGRESS' AND cancel_requested_at IS NULL
         RETURNING *
       ), ${writeEvent(`'completed'`, OUTCOME)}
       SELECT id FROM changed`,
      [lease.jobId, lease.attempt, JSON.stringify(result), size, retentionDays],
    );
    return this.told(rows.length === 1);
  }

  /**
   * Ends an attempt that failed: back to `PENDING` with exponential backoff and jitter, or `FAILED` when it is
   * permanent, when the tries are used up, or when the job keeps crashing what works on it (`poison`).
   *
   * @returns the new state; `null` when the attempt was no longer this worker's
   */
  async fail(lease: Lease, failureClass: FailureClass, failure: JobFailure): Promise<JobState | null> {
    const rows = await this.dataSource.query<{ state: JobState }[]>(
      `WITH changed AS (
         UPDATE job SET lease_owner = NULL, lease_until = NULL,
           failures = failures + ($3 <> 'crash')::int, crashes = crashes + ($3 = 'crash')::int,
           error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL
             WHEN $3 = 'crash' AND crashes + 1 >= max_crashes THEN ${poison('$4::jsonb')} ELSE $4::jsonb END,
           state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED'
             WHEN ${isOver('$3')} THEN 'FAILED' ELSE 'PENDING' END,
           finished_at = CASE WHEN cancel_requested_at IS NOT NULL OR ${isOver('$3')} THEN now() END,
           step = CASE WHEN cancel_requested_at IS NOT NULL OR ${isOver('$3')} THEN step ELSE 0 END,
           progress = CASE WHEN cancel_requested_at IS NOT NULL OR ${isOver('$3')} THEN progress ELSE 0 END,
           dispatched_at = NULL,
           run_at = now() + least(interval '60 s', interval '1 s' * power(2, failures + crashes)) * (0.5 + random())
         WHERE id = $1 AND attempt = $2 AND state = 'IN_PROGRESS'
         RETURNING *
       ), ${writeEvent(EVENT_OF_STATE, OUTCOME)}
       SELECT state FROM changed`,
      [lease.jobId, lease.attempt, failureClass, JSON.stringify(failure)],
    );
    const state = rows[0]?.state ?? null;
    this.told(state !== null && isTerminal(state));
    return state;
  }

  /** Ends an attempt whose cancellation was asked for. */
  async cancelled(lease: Lease): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH changed AS (
         UPDATE job SET state = 'CANCELLED', finished_at = now(), lease_owner = NULL, lease_until = NULL, error = NULL
         WHERE id = $1 AND attempt = $2 AND state = 'IN_PROGRESS' AND cancel_requested_at IS NOT NULL
         RETURNING *
       ), ${writeEvent(`'cancelled'`, OUTCOME)}
       SELECT id FROM changed`,
      [lease.jobId, lease.attempt],
    );
    return this.told(rows.length === 1);
  }

  /** Gives an attempt back unfinished (a worker that shuts down): nobody's failure, due again at once. */
  async release(lease: Lease): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH changed AS (
         UPDATE job SET lease_owner = NULL, lease_until = NULL, dispatched_at = NULL, run_at = now(), step = 0, progress = 0,
           state = CASE WHEN cancel_requested_at IS NULL THEN 'PENDING' ELSE 'CANCELLED' END,
           finished_at = CASE WHEN cancel_requested_at IS NOT NULL THEN now() END
         WHERE id = $1 AND attempt = $2 AND state = 'IN_PROGRESS'
         RETURNING *
       ), ${writeEvent(`CASE state WHEN 'CANCELLED' THEN 'cancelled' ELSE 'released' END`, OUTCOME)}
       SELECT id FROM changed`,
      [lease.jobId, lease.attempt],
    );
    return rows.length === 1;
  }

  /**
   * Cancels for the owner: a pending job at once, a running one by asking its worker.
   *
   * @returns the job after it; unchanged when it had ended before, `null` when the client has no such job
   */
  async cancel(clientId: string, jobId: string): Promise<Job | null> {
    const rows = await this.dataSource.query<Job[]>(
      `WITH changed AS (
         UPDATE job SET cancel_requested_at = coalesce(cancel_requested_at, now()),
           state = CASE state WHEN 'PENDING' THEN 'CANCELLED' ELSE state END,
           finished_at = CASE state WHEN 'PENDING' THEN now() END,
           error = NULL
         WHERE id = $2 AND client_id = $1 AND state IN ('PENDING', 'IN_PROGRESS') AND cancel_requested_at IS NULL
         RETURNING *
       ), ${writeEvent(`CASE state WHEN 'CANCELLED' THEN 'cancelled' ELSE 'cancel_requested' END`, OUTCOME)}
       SELECT ${JOB_COLUMNS} FROM changed
       UNION ALL
       SELECT ${JOB_COLUMNS} FROM job WHERE id = $2 AND client_id = $1 AND NOT EXISTS (SELECT FROM changed)`,
      [clientId, jobId],
    );
    const job = rows[0] ?? null;
    this.told(job !== null && isTerminal(job.state));
    return job;
  }

  /** An operator's retry: a failed job again, under the same id, with its counters and its deadline fresh. */
  async retry(jobId: string, deadlineSeconds: number): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH changed AS (
         UPDATE job SET state = 'PENDING', round = round + 1, failures = 0, crashes = 0, error = NULL, step = 0,
           progress = 0, finished_at = NULL, dispatched_at = NULL, run_at = now(),
           deadline_at = now() + make_interval(secs => $2)
         WHERE id = $1 AND state = 'FAILED'
         RETURNING *
       ), ${writeEvent(`'retried'`)}
       SELECT id FROM changed`,
      [jobId, deadlineSeconds],
    );
    return rows.length === 1;
  }

  /**
   * Takes back the attempts whose worker stopped renewing its lease. A crash is counted apart from a failure.
   *
   * @returns how many
   */
  async reap(): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH dead AS (
         SELECT id FROM job WHERE state = 'IN_PROGRESS' AND lease_until < now() LIMIT 100 FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET crashes = crashes + 1, lease_owner = NULL, lease_until = NULL, dispatched_at = NULL, run_at = now(),
           state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED'
             WHEN crashes + 1 >= max_crashes OR deadline_at <= now() THEN 'FAILED' ELSE 'PENDING' END,
           finished_at = CASE WHEN cancel_requested_at IS NOT NULL OR crashes + 1 >= max_crashes OR deadline_at <= now()
             THEN now() END,
           error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL
             WHEN deadline_at <= now() THEN ${DEADLINE_EXCEEDED}
             WHEN crashes + 1 >= max_crashes THEN ${poison(LEASE_LOST)} ELSE ${LEASE_LOST} END,
           step = CASE WHEN crashes + 1 >= max_crashes OR deadline_at <= now() THEN step ELSE 0 END,
           progress = CASE WHEN crashes + 1 >= max_crashes OR deadline_at <= now() THEN progress ELSE 0 END
         FROM dead WHERE j.id = dead.id
         RETURNING j.*
       ), ${writeEvent(EVENT_OF_STATE, OUTCOME)}
       SELECT id FROM changed`,
    );
    this.told(rows.length > 0);
    return rows.length;
  }

  /** Ends the jobs that waited past their deadline. A running one is ended by its worker, or reaped. */
  async endOverdue(): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH overdue AS (
         SELECT id FROM job WHERE state = 'PENDING' AND deadline_at <= now() LIMIT 100 FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET state = 'FAILED', finished_at = now(), error = ${DEADLINE_EXCEEDED}
         FROM overdue WHERE j.id = overdue.id
         RETURNING j.*
       ), ${writeEvent(`'failed'`, OUTCOME)}
       SELECT id FROM changed`,
    );
    this.told(rows.length > 0);
    return rows.length;
  }

  /** Signals that jobs may have ended, once their events are committed. */
  private told(changed: boolean): boolean {
    if (changed) this.signals.ended.next();
    return changed;
  }
}

/** Whether a failure of this kind ends the job, in SQL, over the row before the change. */
function isOver(failureClass: string): string {
  return `(${failureClass} = 'permanent' OR (${failureClass} = 'crash' AND crashes + 1 >= max_crashes)
    OR (${failureClass} = 'retryable' AND failures + 1 >= max_failures))`;
}

const failureOfRow = (code: string, message: string, retryable: boolean): string =>
  `jsonb_build_object('code', '${code}', 'message', '${message}', 'retryable', ${retryable},
     'step', steps[least(step + 1, cardinality(steps))], 'attempt', attempt, 'kind', 'internal')`;

const LEASE_LOST = failureOfRow('worker_lost', 'The worker stopped before the job was done.', true);
const DEADLINE_EXCEEDED = failureOfRow(
  'deadline_exceeded',
  'The job did not end before its deadline.',
  false,
);

/** The failure of a job that keeps crashing what works on it. */
function poison(failure: string): string {
  return `${failure} || '{"code": "poison", "message": "The job crashed its worker every time it was tried.", "retryable": false}'::jsonb`;
}
