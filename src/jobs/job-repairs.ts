import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JOB_END, JobEnd } from './job-end';
import { EVENT_OF_FAILURE, OUTCOME, writeEvent } from './job-event';
import { IS_CLOCK_TRUE, isOverdue, waitsForStore } from './job-deadline';
import {
  DATABASE_UNAVAILABLE,
  DEADLINE_EXCEEDED,
  poison,
  STORE_UNAVAILABLE,
  WORKER_LOST,
} from './job-failure';
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
   * Takes back the attempts whose worker stopped renewing its lease. A crash is counted apart from a failure; that a lease
   * could not be renewed because the database was away is none.
   *
   * @param storeTypes the types that need the store
   * @returns how many
   */
  async reap(storeTypes: string[]): Promise<number> {
    return this.repair(
      `WITH dead AS (
         SELECT id, (NOT EXISTS (
           SELECT FROM outage o
           WHERE o.dependency = 'database' AND o.survived AND lease_until BETWEEN o.began_at AND o.ended_at
         ))::int AS crash
         FROM job WHERE state = 'IN_PROGRESS' AND lease_until < now() AND ${IS_CLOCK_TRUE}
         LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET crashes = crashes + crash, lease_owner = NULL, lease_until = NULL, run_at = now(),
           state = CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED' WHEN ${IS_OVER} THEN 'FAILED' ELSE 'PENDING' END,
           finished_at = CASE WHEN cancel_requested_at IS NOT NULL OR ${IS_OVER} THEN now() END,
           error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL
             WHEN ${OVERDUE} THEN ${FAILURE_OF_OVERDUE}
             WHEN crash = 0 THEN ${DATABASE_UNAVAILABLE}
             WHEN ${IS_OVER} THEN ${poison(WORKER_LOST)} ELSE ${WORKER_LOST} END,
           step = CASE WHEN cancel_requested_at IS NOT NULL OR ${IS_OVER} THEN step ELSE 0 END,
           progress = CASE WHEN cancel_requested_at IS NOT NULL OR ${IS_OVER} THEN progress ELSE 0 END
         FROM dead WHERE j.id = dead.id
         RETURNING j.*
       ), ${writeEvent(EVENT_OF_FAILURE, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      storeTypes,
    );
  }

  /**
   * Ends the jobs that waited past their deadline. A running one is ended by its worker, or reaped.
   *
   * @param storeTypes the types that need the store
   * @returns how many
   */
  async endOverdue(storeTypes: string[]): Promise<number> {
    return this.repair(
      `WITH overdue AS (
         SELECT id FROM job WHERE state = 'PENDING' AND deadline_at <= now() AND ${OVERDUE}
         LIMIT ${AT_ONCE} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE job j SET state = 'FAILED', finished_at = now(), error = ${FAILURE_OF_OVERDUE}
         FROM overdue WHERE j.id = overdue.id
         RETURNING j.*
       ), ${writeEvent(`'failed'`, OUTCOME)}
       SELECT ${JOB_END} FROM changed`,
      storeTypes,
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
  private async repair(statement: string, storeTypes: string[]): Promise<number> {
    let all = 0;
    for (let changed = AT_ONCE; changed === AT_ONCE; all += changed) {
      const rows = await this.dataSource.query<JobEnd[]>(statement, [storeTypes]);
      changed = rows.length;
      this.signals.tellEnds(rows);
    }
    return all;
  }
}

const USES_STORE = 'type = ANY($1::text[])';
const OVERDUE = isOverdue(USES_STORE);

/** Whether what is taken back ends the job, in SQL, over the row before the change. */
const IS_OVER = `(crashes + crash >= max_crashes OR ${OVERDUE})`;

/** Why a job was not done in time: an outage that it was waiting for, if it was. */
const FAILURE_OF_OVERDUE = `CASE
  WHEN error ->> 'code' IN ('store_unavailable', 'store_full', 'database_unavailable') THEN error
  WHEN ${waitsForStore(USES_STORE)} THEN ${STORE_UNAVAILABLE} ELSE ${DEADLINE_EXCEEDED} END`;
