import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FAIREST_FIRST, inFairOrder } from './fair-order';
import { writeEvent } from './job-event';
import { leaseUntil, millisecondsUntil } from './job-lease';

export interface ClaimedJob {
  id: string;
  client_id: string;
  type: string;
  parameters: object;
  attempt: number;
  crashes: number;
  steps: string[];
  /** Milliseconds from the claim to the end of the lease, and to the deadline, by the database's clock. */
  lease_ms: number;
  deadline_ms: number;
}

/** More than the workers that claim at the same moment: each skips the rows that others have just locked. */
const CANDIDATES = 16;

/** Who works on what: hands due jobs out, each to one worker. */
@Injectable()
export class JobClaims {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Gives the fairest due job of these types to a worker, for a lease.
   *
   * @param alone whether the worker has no other job. Only then it is given one that crashed its worker before; while
   *   such a job is the next in line, a busy worker gets nothing, and so becomes idle for it
   */
  async claim(
    types: string[],
    worker: string,
    leaseSeconds: number,
    alone: boolean,
  ): Promise<ClaimedJob | null> {
    const rows = await this.dataSource.query<ClaimedJob[]>(
      `WITH RECURSIVE ${inFairOrder(String(CANDIDATES))}, picked AS (
         SELECT locked.id FROM (SELECT id FROM candidate ORDER BY ${FAIREST_FIRST}) first
         CROSS JOIN LATERAL (
           SELECT id FROM job WHERE id = first.id AND state = 'PENDING' FOR UPDATE SKIP LOCKED
         ) locked LIMIT 1
       ), changed AS (
         UPDATE job j SET state = 'IN_PROGRESS', attempt = attempt + 1, lease_owner = $2,
           lease_until = ${leaseUntil('$3')}, started_at = coalesce(started_at, now())
         FROM picked WHERE j.id = picked.id AND j.state = 'PENDING' AND ($4 OR j.crashes = 0)
         RETURNING j.*
       ), ${writeEvent(`'started'`)}
       SELECT id, client_id, type, parameters, attempt, crashes, steps, ${millisecondsUntil('lease_until')} AS lease_ms,
         ${millisecondsUntil('deadline_at')} AS deadline_ms
       FROM changed`,
      [types, worker, leaseSeconds, alone],
    );
    return rows[0] ?? null;
  }

  /** The first due jobs in fair order, and the attempt that each has behind it. Takes nothing. */
  async due(types: string[], limit: number): Promise<{ id: string; attempt: number }[]> {
    return this.dataSource.query(
      `WITH RECURSIVE ${inFairOrder('$2')} SELECT id, attempt FROM candidate ORDER BY ${FAIREST_FIRST}`,
      [types, limit],
    );
  }
}
