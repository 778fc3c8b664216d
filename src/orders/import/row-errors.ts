/** What is wrong with one row of a file. */
export interface RowError {
  /** As a spreadsheet numbers the rows: the header is row 1. */
  row: number;
  /** The column, by its documented name; `null` when the whole row or file is meant. */
  field: string | null;
  message: string;
}

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

  add(row: number, field: string | null, message: string): void {
    this.total += 1;
    if (this.kept.length < MAX_ROW_ERRORS) this.kept.push({ row, field, message });
  }

  /** Counts errors that were found elsewhere, of which only the first are at hand. */
  addMany(errors: RowError[], total: number): void {
    this.total += total;
    this.kept.push(...errors.slice(0, MAX_ROW_ERRORS - this.kept.length));
  }
}
