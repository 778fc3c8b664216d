import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Job, JOB_COLUMNS } from './job';

/** For how long a key answers with the job that it made. */
const KEPT_FOR_HOURS = 24;
const BATCH = 1_000;

/**
 * The `Idempotency-Key`s of the last day, apart from the jobs that they made, so that the end of one changes no job. A key is
 * written by the statement that writes its job (`job-inserts.ts`).
 */
@Injectable()
export class IdempotencyKeysService {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the job that the client made with the key, and the fingerprint of the request that did */
  async find(clientId: string, key: string): Promise<{ job: Job; hash: Buffer } | undefined> {
    const [row] = await this.dataSource.query<(Job & { hash: Buffer })[]>(
      `SELECT k.hash, j.* FROM idempotency_key k
         CROSS JOIN LATERAL (SELECT ${JOB_COLUMNS} FROM job WHERE id = k.job_id) j
       WHERE k.client_id = $1 AND k.key = $2`,
      [clientId, key],
    );
    if (row === undefined) return undefined;
    const { hash, ...job } = row;
    return { job: { ...job, replayed: true }, hash };
  }

  /** In batches, each of what nobody else removes: as many as come. */
  async expire(stopping: AbortSignal): Promise<void> {
    for (let expired = BATCH; expired === BATCH && !stopping.aborted;) {
      const rows = await this.dataSource.query<unknown[]>(
        `WITH removed AS (
           DELETE FROM idempotency_key WHERE (client_id, key) IN (
             SELECT client_id, key FROM idempotency_key WHERE created_at < now() - make_interval(hours => $1)
             ORDER BY created_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
           RETURNING key
         ) SELECT FROM removed`,
        [KEPT_FOR_HOURS],
      );
      expired = rows.length;
    }
  }
}
