import type { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';

/** The SQLSTATE with which Postgres refused a statement; `undefined` for any other error. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof QueryFailedError ? (error.driverError as DatabaseError).code : undefined;

/**
 * Classes 22 (data), 23 (constraints) and 54 (limits): nothing was written, and it need not be the fault of all that was
 * written with it.
 */
export const isOfData = (error: unknown): boolean => /^(2[23]|54)/.test(sqlStateOf(error) ?? '');
