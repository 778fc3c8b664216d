import { DatabaseError } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { QueryRunner } from 'typeorm';
import { isFull } from '../artifacts/file-artifact-store';
import { OutageError } from '../common/outage-error';
import type { ResilientClient } from '../database/resilient-client';
import { RowSpool } from '../database/row-spool';

/** Trying again makes no sense before. */
const ROOM_AFTER_SECONDS = 60;

/**
 * Puts rows on the disk of this process.
 *
 * @throws OutageError `store_full` when it is full: not a `StoreFullError`, for the store may have room
 */
export async function spooled(rows: Readable): Promise<RowSpool> {
  try {
    return await RowSpool.fill(rows);
  } catch (error) {
    if (!isFull(error)) throw error;
    const message = 'There is no room for the rows on the disk of the worker.';
    throw new OutageError('store_full', message, ROOM_AFTER_SECONDS, { cause: error });
  }
}

/**
 * Spools the rows of a query. When they cannot be taken it ends the connection: what the server still sends would be read
 * by nobody, and the next statement would wait behind it for ever.
 *
 * @throws what `spooled` throws, and what the statement does
 */
export async function copyToSpool(runner: QueryRunner, query: string): Promise<RowSpool> {
  const connection = (await runner.connect()) as ResilientClient;
  const rows = connection.query(copyTo(`COPY (${query}) TO STDOUT`));
  try {
    return await spooled(rows);
  } catch (error) {
    // After an error of its own the server waits for the next statement.
    if (!(error instanceof DatabaseError)) {
      // The driver says to them, too, that the connection has ended.
      rows.on('error', () => undefined);
      connection.breakOff();
    }
    throw error;
  }
}

export async function copyFromSpool(runner: QueryRunner, spool: RowSpool, table: string): Promise<void> {
  const connection = (await runner.connect()) as ResilientClient;
  await pipeline(spool.text(), connection.query(copyFrom(`COPY ${table} FROM STDIN`)));
}
