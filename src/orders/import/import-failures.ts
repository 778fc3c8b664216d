import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowError } from './row-errors';

/** What was wrong with a file that a job could not import. */
export interface ImportFailure {
  errorCount: number;
  /** The first of them, by row. */
  errors: RowError[];
}

/** Keeps the row-by-row errors of failed import jobs, for as long as the job is kept. */
@Injectable()
export class ImportFailures {
  constructor(private readonly dataSource: DataSource) {}

  async find(jobId: string): Promise<ImportFailure | undefined> {
    const rows = await this.dataSource.query<ImportFailure[]>(
      'SELECT error_count AS "errorCount", errors FROM order_import_failure WHERE job_id = $1',
      [jobId],
    );
    return rows[0];
  }

  async save(jobId: string, { errorCount, errors }: ImportFailure): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO order_import_failure (job_id, error_count, errors) VALUES ($1, $2, $3)
       ON CONFLICT (job_id) DO UPDATE SET error_count = excluded.error_count, errors = excluded.errors`,
      [jobId, errorCount, JSON.stringify(errors)],
    );
  }
}
