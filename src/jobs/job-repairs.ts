import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JOB_END, JobEnd } from './job-end';
import { EVENT_OF_FAILURE, OUTCOME, writeEvent } from './job-event';
import { DEADLINE_EXCEEDED, poison, WORKER_LOST } from './job-failure';
import { JobSignals } from './job-signals';

/** Hours for which an idempotency key answers with the job that it made. */
const IDEMPOTENCY_KEY_HOURS = 24;

/** Rows that one statement changes, so that none holds its locks for long. */
const AT_ONCE = 500;

/** The transitions that no worker makes: of jobs whose worker died, or that nobody came for in time. */
@Injectable()
export class JobRepairs {
  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Takes back the attempts whose worker stopped renewing its lease. A crash is counted apart from a failure.
   *
   * @returns how many
   */
  async reap(): Promise<number> {
    return this.repair(
      `WITH dead AS (
         SELECT id FROM job WHERE state = 'IN_PROGRESS' AND lease_until < now() LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET crashes = crashes + 1, lease_owner = NULL, lease_until = NULL, run_at = now(),
           state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED' WHEN ${IS_OVER} THEN 'FAILED' ELSE 'PENDING' END,
           finished_at = CASE WHEN cancel_requested_at IS NOT NULL OR ${IS_OVER} THEN now() END,
           error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL
             WHEN deadline_at <= now() THEN ${DEADLINE_EXCEEDED}
             WHEN ${IS_OVER} THEN ${poison(WORKER_LOST)} ELSE ${WORKER_LOST} END,
           step = CASE WHEN cancel_requested_at IS NOT NULL OR ${IS_OVER} THEN step ELSE 0 END,
           progress = CASE WHEN cancel_requested_at IS NOT NULL OR ${IS_OVER} THEN progress ELSE 0 END
         FROM dead WHERE j.id = dead.id
         RETURNING j.*
       ), ${writeEvent(EVENT_OF_FAILURE, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
    );
  }

  /**
   * Ends the jobs that waited past their deadline. A running one is ended by its worker, or reaped.
   *
   * @returns how many
   */
  async endOverdue(): Promise<number> {
    return this.repair(
      `WITH overdue AS (
         SELECT id FROM job WHERE state = 'PENDING' AND deadline_at <= now() LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET state = 'FAILED', finished_at = now(), error = ${DEADLINE_EXCEEDED}
         FROM overdue WHERE j.id = overdue.id
         RETURNING j.*
       ), ${writeEvent(`'failed'`, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
    );
  }

  /** Frees the idempotency keys whose time is over. */
  async expireIdempotencyKeys(): Promise<void> {
    await this.dataSource.query(
      `UPDATE job SET idempotency_key = NULL, idempotency_hash = NULL
       WHERE idempotency_key IS NOT NULL AND created_at < now() - make_interval(hours => $1)`,
      [IDEMPOTENCY_KEY_HOURS],
    );
  }

  /** Runs the statement until it finds no more. */
  private async repair(statement: string): Promise<number> {
    let all = 0;
    for (let changed = AT_ONCE; changed === AT_ONCE; all += changed) {
      const rows = await this.dataSource.query<JobEnd[]>(statement);
      changed = rows.length;
      this.signals.tellEnds(rows);
    }
    return all;
  }
}

/** Whether a crash ends the job, in SQL, over the row before the change. */
const IS_OVER = '(crashes + 1 >= max_crashes OR deadline_at <= now())';
