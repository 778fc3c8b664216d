import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { writeEvent } from './job-event';

export interface ClaimedJob {
  id: string;
  client_id: string;
  type: string;
  parameters: object;
  attempt: number;
  crashes: number;
  steps: string[];
  /** Milliseconds from the claim to the deadline, by the database's clock. */
  deadline_ms: number;
}

/**
 * The due jobs in fair order: the client with the fewest jobs under way comes first, then the longest waiting. So a
 * client that submits ten thousand jobs delays another's single one by no more than the jobs that are running already.
 * The recursion walks the index from client to client instead of reading every waiting row.
 */
const inFairOrder = (condition: string, limit: string): string => `
  waiting AS (
    (SELECT client_id FROM job WHERE state = 'PENDING' ORDER BY client_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.client_id FROM job j WHERE j.state = 'PENDING' AND j.client_id > w.client_id
            ORDER BY j.client_id LIMIT 1)
    FROM waiting w WHERE w.client_id IS NOT NULL
  ), running AS (
    SELECT client_id, count(*) AS jobs FROM job WHERE state = 'IN_PROGRESS' GROUP BY client_id
  ), candidate AS (
    SELECT due.id, coalesce(r.jobs, 0) + due.place AS load, due.run_at
    FROM waiting w
    LEFT JOIN running r USING (client_id)
    CROSS JOIN LATERAL (
      SELECT id, run_at, row_number() OVER (ORDER BY run_at, id) AS place FROM (
        SELECT id, run_at FROM job
        WHERE state = 'PENDING' AND client_id = w.client_id AND run_at <= now() AND deadline_at > now()
          AND type = ANY($1) AND ${condition}
        ORDER BY run_at, id LIMIT ${limit}
      ) oldest
    ) due
    WHERE w.client_id IS NOT NULL
    ORDER BY load, run_at LIMIT ${limit}
  )`;

/** Who works on what: hands due jobs out, each to one worker. */
@Injectable()
export class JobClaims {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Gives the fairest due job of these types to a worker, for a lease.
   *
   * @param suspects whether a job that crashed its worker before may be given
   */
  async claim(
    types: string[],
    worker: string,
    leaseSeconds: number,
    suspects: boolean,
  ): Promise<ClaimedJob | null> {
    const rows = await this.dataSource.query<ClaimedJob[]>(
      `WITH RECURSIVE ${inFairOrder('($4 OR crashes = 0)', '16')}, picked AS (
         SELECT j.id FROM job j JOIN candidate c ON c.id = j.id
         WHERE j.state = 'PENDING'
         ORDER BY c.load, c.run_at LIMIT 1 FOR UPDATE OF j SKIP LOCKED
       ), changed AS (
         UPDATE job j SET state = 'IN_PROGRESS', attempt = attempt + 1, lease_owner = $2,
           lease_until = now() + make_interval(secs => $3), started_at = coalesce(started_at, now())
         FROM picked WHERE j.id = picked.id AND j.state = 'PENDING'
         RETURNING j.*
       ), ${writeEvent(`'started'`)}
       SELECT id, client_id, type, parameters, attempt, crashes, steps,
         (extract(epoch FROM deadline_at - clock_timestamp()) * 1000)::float8 AS deadline_ms
       FROM changed`,
      [types, worker, leaseSeconds, suspects],
    );
    return rows[0] ?? null;
  }

  /** Whether a job that crashed its worker before is due: it wants a worker to itself. */
  async suspectIsDue(types: string[]): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT FROM job WHERE state = 'PENDING' AND crashes > 0 AND run_at <= now() AND deadline_at > now()
         AND type = ANY($1) LIMIT 1`,
      [types],
    );
    return rows.length > 0;
  }

  /**
   * Marks due jobs, in fair order, as handed to Bull, and returns them. One that Bull lost is handed out again after a
   * while.
   */
  async dispatch(
    types: string[],
    limit: number,
    againAfterSeconds: number,
  ): Promise<{ id: string; attempt: number }[]> {
    return this.dataSource.query(
      `WITH RECURSIVE ${inFairOrder(`(dispatched_at IS NULL OR dispatched_at < now() - make_interval(secs => $3))`, '$2')},
       picked AS (
         SELECT j.id FROM job j JOIN candidate c ON c.id = j.id
         WHERE j.state = 'PENDING' FOR UPDATE OF j SKIP LOCKED
       ), changed AS (
         UPDATE job j SET dispatched_at = now() FROM picked WHERE j.id = picked.id
         RETURNING j.id, j.attempt
       )
       SELECT id, attempt FROM changed`,
      [types, limit, againAfterSeconds],
    );
  }
}
