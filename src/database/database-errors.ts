import type { DatabaseError } from 'pg';
import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';

/** The SQLSTATE with which Postgres refused a statement; `undefined` for any other error. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof QueryFailedError ? (error.driverError as DatabaseError).code : undefined;

/**
 * Whether an error is the fault of what was to be stored, and not of a database that is away, restarts or is in a
 * conflict: SQLSTATE classes 22 (data), 23 (constraints) and 54 (limits), a `TypeError` (no JSON can be made of it) or a
 * `RangeError` (its text is too long). Nothing was written, and of what was to be written together it may be one row's
 * fault alone.
 */
export const isDataAtFault = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof RangeError || /^(2[23]|54)/.test(sqlStateOf(error) ?? '');

/** Of the socket and of the name of the host. */
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * SQLSTATE (Postgres, appendix A) of a server that cannot serve now, whatever it is asked: 08 the connection (but for
 * 08P01, which blames what was sent), 53 no memory,
 * disk or connections, 57P it stops, starts or cuts the session, 58 its disk. 57014 is a statement that took longer than it
 * may, 25006 a primary that has become a standby, 25P03 a transaction that stood still, 40001, 40P01
 * and 55P03 one that was given up for others.
 */
const UNAVAILABLE = /^(08\d{3}|53[0-3]\d{2}|57P0[1-5]|58\w{3}|57014|25006|25P03|40001|40P01|55P03)$/;

/** What the driver and its pool say without a code. */
const WITHOUT_CODE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

export const READ_ONLY = '25006';
/** Of a statement that was cancelled, or took longer than it may. */
export const CANCELED = '57014';

/** A session that was cut between two statements of a transaction: TypeORM has given it back by the second. */
const cutInTransaction = (error: unknown): boolean =>
  error instanceof QueryRunnerAlreadyReleasedError ||
  error instanceof QueryRunnerProviderAlreadyReleasedError;

/**
 * Whether an error says that the database is away, read-only, out of connections or too slow: nobody's fault who asked,
 * and worth another try.
 */
export function isDatabaseOutage(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const state = sqlStateOf(error) ?? String(code);
  return (
    cutInTransaction(error) ||
    NETWORK_CODES.has(state) ||
    UNAVAILABLE.test(state) ||
    WITHOUT_CODE.test(String(message))
  );
}

/** SQLSTATE: the role or its password, the database, the schema, and what the role may not do. */
const NOT_OURS_TO_USE = /^(28\w{3}|3D000|3F000|42501)$/;

/** Says in plain words that a start or a command cannot use its database. */
export function explainDatabase(error: unknown): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  // Beside what passes: a socket file that is missing or not ours.
  if (!isDatabaseOutage(error) && syscall !== 'connect' && !NOT_OURS_TO_USE.test(code ?? '')) throw error;
  const reason = (error as Error).message || code;
  throw new Error(`The database that DATABASE_URL names cannot be used: ${reason}`, { cause: error });
}
