import { type FileHandle, open, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createDeflateRaw, createInflateRaw } from 'node:zlib';
import { StoreFullError } from '../artifacts/artifact-store';
import { isFull } from '../artifacts/file-artifact-store';
import { newId } from '../common/ids';
import { changedOrders, removedNumbers } from './order-delta';
import { inFilter, type OrderFilter } from './order-period';
import {
  type Change,
  REPORTED_VALUES,
  type ReportedLine,
  type ReportedOrder,
  toOrder,
} from './reported-order';

/** Orders of a batch: each is a pause in which the process does nothing else, and memory that lives for long. */
const BATCH_SIZE = 250;
/** At most so many lines are in memory together, but for a single order with more. */
const LINES_PER_BATCH = 20_000;
/** The quickest: 300,000 rows take no longer with it than without (0.3 s), and leave a quarter of their bytes. */
const LEVEL = 1;
const CHUNK_BYTES = 65_536;

/** Which rows a spool has. */
export interface SpooledRows {
  filter: OrderFilter;
  includeItems: boolean;
  /** Of the feed of changes: only what changed from this position on, and what is no longer there; `null`: all. */
  changedSince: string | null;
}

/**
 * The rows of a spool, in the order of a report; of a delta what is gone comes last, by number. What is asked by `COPY` has no
 * parameters.
 *
 * @param literal quotes a value
 */
export function spooledRows(
  clientId: string,
  { filter: { startDate, endDate, timeZone, statuses }, includeItems, changedSince }: SpooledRows,
  literal: (value: string) => string,
): string {
  const client = `${literal(clientId)}::uuid`;
  const chosen = inFilter(
    client,
    literal(startDate),
    literal(endDate),
    literal(timeZone),
    statuses === null ? 'NULL' : `ARRAY[${statuses.map(literal).join(', ')}]`,
  );
  const lines = includeItems
    ? `(SELECT json_agg(json_build_array(sku, description, trim_scale(quantity)::text, unit_price::text, total::text)
         ORDER BY position) FROM order_line WHERE order_id = orders.id)`
    : `'[]'`;
  if (changedSince === null)
    return `SELECT ${REPORTED_VALUES.join(', ')}, '', ${lines} FROM orders WHERE ${chosen} ORDER BY ordered_at, number`;
  const since = literal(changedSince);
  const texts = REPORTED_VALUES.map((value) => `(${value})::text`).join(', ');
  const blanks = REPORTED_VALUES.map((value) => (value === 'number' ? value : `''`)).join(', ');
  return `
    SELECT ${REPORTED_VALUES.map((_, index) => `v${index}`).join(', ')}, change, lines FROM (
      SELECT ${texts}, 'updated', ${lines}::text, ordered_at, number FROM ${changedOrders(client, since)} WHERE ${chosen}
      UNION ALL
      SELECT ${blanks}, 'removed', '[]', 'infinity', number FROM ${removedNumbers(client, since, chosen)}
    ) AS delta(${REPORTED_VALUES.map((_, index) => `v${index}`).join(', ')}, change, lines, at, of)
    ORDER BY at, of`;
}

/**
 * Rows of orders on the disk of the worker, compressed, so that a report is written from them as slowly as it may be, and
 * as often as there are formats, while the database has forgotten it. The file has no name: it is gone when it is closed,
 * also by the end of the process.
 */
export class OrderSpool {
  private constructor(private readonly file: FileHandle) {}

  /**
   * @param rows what `COPY` gives of `spooledRows`, in its text format
   * @throws StoreFullError when the disk is full; what `rows` throws
   */
  static async fill(rows: Readable): Promise<OrderSpool> {
    const path = join(tmpdir(), `order-reports-spool-${newId()}`);
    const file = await open(path, 'wx+', 0o600);
    try {
      await unlink(path);
      await pipeline(rows, createDeflateRaw({ level: LEVEL }), (deflated) => writeFile(file, deflated));
      return new OrderSpool(file);
    } catch (error) {
      await file.close();
      throw isFull(error) ? new StoreFullError({ cause: error }) : error;
    }
  }

  /**
   * All orders from the first on, in batches, in flat memory.
   *
   * @throws the signal's reason when it is aborted
   */
  async *orders(signal: AbortSignal | undefined): AsyncGenerator<ReportedOrder[]> {
    let batch: ReportedOrder[] = [];
    let lines = 0;
    for await (const row of this.rows()) {
      const order = readRow(row);
      if (batch.length === BATCH_SIZE || (batch.length > 0 && lines + order.lines.length > LINES_PER_BATCH)) {
        yield batch;
        signal?.throwIfAborted();
        batch = [];
        lines = 0;
      }
      batch.push(order);
      lines += order.lines.length;
    }
    if (batch.length > 0) yield batch;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async *bytes(): AsyncGenerator<Buffer> {
    for (let position = 0; ;) {
      const { bytesRead, buffer } = await this.file.read(
        Buffer.allocUnsafe(CHUNK_BYTES),
        0,
        CHUNK_BYTES,
        position,
      );
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  private async *rows(): AsyncGenerator<string> {
    const inflated = createInflateRaw({ chunkSize: CHUNK_BYTES });
    // Whoever reads the one hears of what happens to the other.
    pipeline(this.bytes(), inflated).catch(() => undefined);
    let begun: Buffer[] = [];
    for await (const chunk of inflated as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf('\n');
      if (end === -1) {
        begun.push(chunk);
        continue;
      }
      yield* Buffer.concat([...begun, chunk.subarray(0, end)])
        .toString()
        .split('\n');
      begun = [chunk.subarray(end + 1)];
    }
  }
}

/** A row in the text format of `COPY`: values between tabs, with what is special escaped by a backslash. */
function readRow(row: string): ReportedOrder {
  const values = row.includes('\\') ? row.split('\t').map(unescape) : row.split('\t');
  const [change = '', lines = '[]'] = values.slice(REPORTED_VALUES.length);
  return toOrder(
    values,
    lines === '[]' ? [] : (JSON.parse(lines) as LineValues[]).map(toLine),
    change === '' ? null : (change as Change),
  );
}

type LineValues = [sku: string, description: string, quantity: string, unitPrice: string, total: string];

const toLine = ([sku, description, quantity, unitPrice, total]: LineValues): ReportedLine => ({
  sku,
  description,
  quantity,
  unitPrice,
  total,
});

const ESCAPED: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const unescape = (value: string): string =>
  value.replace(/\\(.)/gs, (_escape, character: string) => ESCAPED[character] ?? character);
