import type { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
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
 * Spools the rows of a query.
 *
 * @throws StoreFullError when the disk is full
 */
export async function copyToSpool(runner: QueryRunner, query: string): Promise<RowSpool> {
  const connection = (await runner.connect()) as Client;
  return spooled(connection.query(copyTo(`COPY (${query}) TO STDOUT`)));
}

export async function copyFromSpool(runner: QueryRunner, spool: RowSpool, table: string): Promise<void> {
  const connection = (await runner.connect()) as Client;
  await pipeline(spool.text(), connection.query(copyFrom(`COPY ${table} FROM STDIN`)));
}
