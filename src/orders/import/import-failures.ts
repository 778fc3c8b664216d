import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { shownText } from './shown-text';

/** What was wrong with a file that a job could not import. */
export interface ImportFailure {
  /** `invalid_file`: it is no such file at all. */
  code: FailureCode;
  errorCount: number;
  /** The first of them, by row. */
  errors: RowError[];
}

export type FailureCode = 'invalid_file' | 'invalid_csv';

/** Keeps the row-by-row errors of failed import jobs, for as long as the job is kept. */
@Injectable()
export class ImportFailures {
  constructor(private readonly dataSource: DataSource) {}

  async find(jobId: string): Promise<ImportFailure | undefined> {
    const rows = await this.dataSource.query<ImportFailure[]>(
      'SELECT code, error_count AS "errorCount", errors FROM order_import_failure WHERE job_id = $1',
      [jobId],
    );
    return rows[0];
  }

  async save(jobId: string, { code, errorCount, errors }: ImportFailure): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO order_import_failure (job_id, code, error_count, errors) VALUES ($1, $2, $3, $4)
       ON CONFLICT (job_id) DO UPDATE
       SET code = excluded.code, error_count = excluded.error_count, errors = excluded.errors`,
      [jobId, code, errorCount, JSON.stringify(errors)],
    );
  }
}

/** What is wrong with one row of a file. */
export interface RowError {
  /** As a spreadsheet numbers the rows: the header is row 1. */
  row: number;
  /** The column, by its documented name; `null` when the whole row or file is meant. */
  field: string | null;
  message: string;
  /** What was read, cut where it is long; `null` where nothing was, or more than one cell is meant. */
  value: string | null;
}

const MAX_SHOWN_VALUE = 100;

const shownValue = (value: string | null): string | null =>
  value === null ? null : shownText(value, MAX_SHOWN_VALUE);

/** How many errors are kept and shown; the rest is only counted. */
export const MAX_ROW_ERRORS = 1_000;

/** After so many errors the rest of a file is not read: it is of no use. */
export const MAX_COUNTED_ERRORS = 10_000;

/** Collects the errors of a file in bounded memory. */
export class RowErrors {
  private readonly kept: RowError[] = [];
  private total = 0;

  get count(): number {
    return this.total;
  }

  /** Whether there are so many that looking for more is of no use. */
  get isFull(): boolean {
    return this.total >= MAX_COUNTED_ERRORS;
  }

  /** The first errors, by row. */
  get list(): RowError[] {
    return this.kept.toSorted((a, b) => a.row - b.row);
  }

  add(row: number, field: string | null, message: string, value: string | null = null): void {
    this.total += 1;
    if (this.kept.length < MAX_ROW_ERRORS) this.kept.push({ row, field, message, value: shownValue(value) });
  }

  /** Counts errors that were found elsewhere, of which only the first are at hand. */
  addMany(errors: RowError[], total: number): void {
    this.total += total;
    const room = errors.slice(0, MAX_ROW_ERRORS - this.kept.length);
    this.kept.push(...room.map((error) => ({ ...error, value: shownValue(error.value) })));
  }
}
