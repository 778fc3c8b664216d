import type { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';

/** The SQLSTATE with which Postgres refused a statement; `undefined` for any other error. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof QueryFailedError ? (error.driverError as DatabaseError).code : undefined;
