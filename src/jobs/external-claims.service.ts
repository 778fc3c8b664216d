import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { JOB_COLUMNS, Job } from './job';
import { writeEvent } from './job-event';
import { leaseUntil, millisecondsUntil } from './job-lease';

export interface ExternalClaim extends Job {
  /** Milliseconds from the claim to the end of the lease, by the database's clock. */
  lease_ms: number;
}

/** Hands a client's jobs of external types to workers of the client's own. */
@Injectable()
export class ExternalClaims {
  constructor(private readonly dataSource: DataSource) {}

  /** Gives the longest waiting due job of these types to a worker, for a lease. */
  async claim(
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
       ), changed AS (
         UPDATE job j SET state = 'IN_PROGRESS', attempt = attempt + 1, lease_owner = $3,
           lease_until = ${leaseUntil('$4')}, started_at = coalesce(started_at, now())
         FROM picked WHERE j.id = picked.id AND j.state = 'PENDING'
         RETURNING j.*
       ), ${writeEvent(`'started'`)}
       SELECT ${JOB_COLUMNS}, ${millisecondsUntil('lease_until')} AS lease_ms FROM changed`,
      [clientId, types, worker, leaseSeconds],
    );
    return rows[0] ?? null;
  }
}
