import { setImmediate } from 'node:timers/promises';
import type { Encoding } from './file-decoding';
import type { ImportedRow, OrderAmount } from './imported-row';

/** How a file is written, as it was recognised. */
export interface Detected {
  format: 'delimited' | 'ndjson';
  encoding: Encoding;
  byte_order_mark: boolean;
  compression: 'gzip' | null;
  /** Of cells, decimals and days; `null` where there are none, or nothing shows it. */
  delimiter: string | null;
  decimal_mark: string | null;
  date_form: string | null;
}

/** What of an order a file may say anything about. */
export type Stated =
  | Exclude<OrderAmount, 'total'>
  | 'status'
  | 'currency'
  | 'customer_name'
  | 'customer_reference'
  | 'tax_included'
  | 'total';

/**
 * Reads the orders of a file as a stream, in bounded memory. The event loop gets its turn every few milliseconds, whatever
 * the file holds.
 */
export interface FileReader {
  /** How much of the stored file was read. */
  readonly bytesRead: number;
  /** Whether the end of the file was reached; if not, more than the known errors may be in it. */
  readonly isReadWhole: boolean;
  /** Whether it turned out to be no such file: all that is known of it is one error. */
  readonly isNoFile: boolean;
  /** Columns of the file that mean nothing to the import. */
  readonly ignoredColumns: string[];
  readonly detected: Detected;
  /** What the file has columns for; `null` where each row states what it likes. */
  readonly stated: ReadonlySet<Stated> | null;
  /**
   * The valid rows; what is wrong with the others goes to the errors. It ends after an error that leaves the rest of the
   * file without meaning, and after too many errors.
   *
   * @throws the signal's reason when it is aborted, and whatever reading the source throws
   */
  batches(): AsyncGenerator<ImportedRow[]>;
}

/**
 * After so long others get their turn. An import may have two turns of its own before the next timer runs: one after a read
 * or a write that has ended, and one that it gave itself.
 */
const TURN_MS = 4;

/** Looks at the clock between two pieces of work, so that others get their turn. */
export class Turns {
  private began = performance.now();

  constructor(private readonly signal: AbortSignal | undefined) {}

  /** @throws the signal's reason when it is aborted */
  async give(): Promise<void> {
    if (performance.now() - this.began < TURN_MS) return;
    await setImmediate();
    this.signal?.throwIfAborted();
    this.began = performance.now();
  }
}
