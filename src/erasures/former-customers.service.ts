import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/app-config';

const BATCH = 1_000;

/** What is noted of orders that were deleted, moved to another day, renamed, or given to another customer: a trigger writes it. */
@Injectable()
export class FormerCustomersService {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {}

  /** Removes what no file shows any more. */
  async removeNotes(stopping: AbortSignal): Promise<void> {
    // Files live so long after their report has ended, and no report takes a day.
    const days = this.config.artifactRetentionDays + 1;
    for (let removed = BATCH; removed === BATCH && !stopping.aborted;) {
      const rows = await this.dataSource.query<unknown[]>(
        `WITH gone AS (
           DELETE FROM former_customer WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM former_customer WHERE until < now() - make_interval(days => $1)
             ORDER BY until LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))
           RETURNING order_id
         ) SELECT FROM gone`,
        [days],
      );
      removed = rows.length;
    }
  }
}
