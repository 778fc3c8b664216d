import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prepared } from '../database/prepared';
import { FAIREST_FIRST, inFairOrder } from './fair-order';
import { leaseUntil, millisecondsUntil, writeEvent } from './job-sql';
import { JOB_COLUMNS, Job } from './job';

export interface ClaimedJob {
  id: string;
  client_id: string;
  type: string;
  parameters: object;
  attempt: number;
  /** Of the HTTP request that submitted it. */
  request_id: string | null;
  crashes: number;
  steps: string[];
  /** Milliseconds from the claim to the end of the lease, and to the deadline, by the database's clock. */
  lease_ms: number;
  deadline_ms: number;
}

export interface ExternalClaim extends Job {
  /** Milliseconds from the claim to the end of the lease, by the database's clock. */
  lease_ms: number;
}

/** Each worker skips the rows that others have just locked: so there must be some more than it takes. */
const candidatesFor = (jobs: number): number => 16 + 3 * jobs;

/**
 * The change that every claim makes, in SQL: a CTE `changed` and the event with it.
 *
 * @param worker, leaseSeconds SQL expressions
 * @param from the rows that may be claimed, with their ids
 */
const started = (worker: string, leaseSeconds: string, from: string): string => `changed AS (
     UPDATE job j SET state = 'IN_PROGRESS', attempt = attempt + 1, lease_owner = ${worker},
       lease_until = ${leaseUntil(leaseSeconds)}, started_at = coalesce(started_at, now())
     FROM ${from} AND j.state = 'PENDING'
     RETURNING j.*
   ), ${writeEvent(`'started'`)}`;

const CLAIM = prepared(
  'job_claim',
  `WITH RECURSIVE ${inFairOrder('$5::int')}, picked AS (
     SELECT locked.id, locked.crashes, first.turn
     FROM (
       SELECT id, row_number() OVER (ORDER BY ${FAIREST_FIRST}) AS turn FROM candidate ORDER BY turn
     ) first
     CROSS JOIN LATERAL (
       SELECT id, crashes FROM job WHERE id = first.id AND state = 'PENDING' FOR UPDATE SKIP LOCKED
     ) locked
     LIMIT $6
   ), fitting AS (
     SELECT id, row_number() OVER (ORDER BY turn) AS turn,
       count(*) FILTER (WHERE crashes > 0) OVER (ORDER BY turn) AS suspects
     FROM picked
   ), ${started('$2', '$3', 'fitting f WHERE j.id = f.id AND (f.suspects = 0 OR ($4 AND f.turn = 1))')}
   SELECT id, client_id, type, parameters, attempt, request_id, crashes, steps, ${millisecondsUntil('lease_until')} AS lease_ms,
     ${millisecondsUntil('deadline_at')} AS deadline_ms
   FROM changed`,
);

/** Who works on what: hands due jobs out, each to one worker. */
@Injectable()
export class JobClaims {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Gives the fairest due jobs of these types to a worker, for a lease.
   *
   * @param alone whether the worker has no other job. Only then it is given one that crashed its worker before, and
   *   nothing beside it; while such a job is the next to be claimed, a busy worker gets nothing, and so becomes idle for it
   * @param most how many it can take
   */
  async claim(
    types: string[],
    worker: string,
    leaseSeconds: number,
    alone: boolean,
    most = 1,
  ): Promise<ClaimedJob[]> {
    return this.dataSource.query(CLAIM, [types, worker, leaseSeconds, alone, candidatesFor(most), most]);
  }

  /** Gives the client's longest waiting due job of these external types to a worker of its own, for a lease. */
  async claimExternal(
    clientId: string,
    types: string[],
    worker: string,
    leaseSeconds: number,
  ): Promise<ExternalClaim | null> {
    const rows = await this.dataSource.query<ExternalClaim[]>(
      `WITH picked AS (
         SELECT id FROM job
         WHERE state = 'PENDING' AND client_id = $1 AND type = ANY($2) AND run_at <= now() AND deadline_at > now()
         ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
       ), ${started('$3', '$4', 'picked WHERE j.id = picked.id')}
       SELECT ${JOB_COLUMNS}, ${millisecondsUntil('lease_until')} AS lease_ms FROM changed`,
      [clientId, types, worker, leaseSeconds],
    );
    return rows[0] ?? null;
  }
}
