import { type Client, DatabaseError } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { QueryRunner } from 'typeorm';
import { StoreFullError } from '../artifacts/artifact-store';
import { isFull } from '../artifacts/file-artifact-store';
import { RowSpool } from '../database/row-spool';

/**
 * Puts rows on the disk of this process.
 *
 * @throws StoreFullError when it is full
 */
export async function spooled(rows: Readable): Promise<RowSpool> {
  try {
    return await RowSpool.fill(rows);
  } catch (error) {
    throw isFull(error) ? new StoreFullError({ cause: error }) : error;
  }
}

/**
 * Spools the rows of a query. When they cannot be taken it ends the connection: what the server still sends would be read
 * by nobody, and the next statement would wait behind it for ever.
 *
 * @throws StoreFullError when the disk is full
 */
export async function copyToSpool(runner: QueryRunner, query: string): Promise<RowSpool> {
  const connection = (await runner.connect()) as Client;
  const rows = connection.query(copyTo(`COPY (${query}) TO STDOUT`));
  try {
    return await spooled(rows);
  } catch (error) {
    // After an error of its own the server waits for the next statement.
    if (!(error instanceof DatabaseError)) {
      // The driver says to them, too, that the connection has ended.
      rows.on('error', () => undefined);
      (connection as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    }
    throw error;
  }
}

export async function copyFromSpool(runner: QueryRunner, spool: RowSpool, table: string): Promise<void> {
  const connection = (await runner.connect()) as Client;
  await pipeline(spool.text(), connection.query(copyFrom(`COPY ${table} FROM STDIN`)));
}
