import { setImmediate } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { CsvHeader, readHeader } from './csv-columns';
import { CsvRecord, CsvRecords, CsvSyntaxError } from './csv-records';
import { ImportedLine, readRow } from './csv-row';
import type { RowErrors } from './import-failures';

/** Bytes that are read in one go, between two looks at the clock: a few milliseconds of work, whatever they are. */
const PIECE_BYTES = 16 * 1024;
/** After so long others get their turn. */
const TURN_MS = 10;

/**
 * Reads the lines of an order CSV (RFC 4180, UTF-8, comma-separated) as a stream, in bounded memory. The event loop gets
 * its turn every few milliseconds, whatever the file holds.
 */
export class OrderCsvReader {
  private bytesRead = 0;
  private header: CsvHeader | undefined;
  private readWhole = false;
  private turnBegan = performance.now();

  constructor(
    private readonly errors: RowErrors,
    private readonly defaultCurrency: string,
    private readonly signal?: AbortSignal,
  ) {}

  /** How much of the file was read. */
  get bytes(): number {
    return this.bytesRead;
  }

  /** Whether the end of the file was reached; if not, more than the known errors may be in it. */
  get isReadWhole(): boolean {
    return this.readWhole;
  }

  get ignoredColumns(): string[] {
    return this.header?.ignored ?? [];
  }

  /**
   * The valid rows; what is wrong with the others goes to the errors. It ends after an error that leaves the rest of the
   * file without meaning (a bad header, a quote that is never closed, bytes that are not UTF-8), and after too many errors.
   *
   * @throws the signal's reason when it is aborted, and whatever reading the source throws
   */
  async *lines(source: Readable): AsyncGenerator<ImportedLine> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const records = new CsvRecords();
    try {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
          const piece = chunk.subarray(start, start + PIECE_BYTES);
          this.bytesRead += piece.length;
          for (const record of records.read(decode(decoder, records.row, piece))) {
            const line = this.read(record);
            if (this.isHopeless()) return;
            if (line !== undefined) yield line;
          }
          await this.giveTurn();
        }
      }
      decode(decoder, records.row);
      for (const record of records.end()) {
        const line = this.read(record);
        if (line !== undefined) yield line;
      }
    } catch (error) {
      if (!(error instanceof CsvSyntaxError)) throw error;
      this.errors.add(error.row, null, error.message);
      return;
    }
    this.readWhole = true;
    if (this.header === undefined) this.errors.add(1, null, 'the file is empty');
  }

  private read({ row, fields, width }: CsvRecord): ImportedLine | undefined {
    if (this.header === undefined) {
      this.header = readHeader(row, fields, width, this.errors);
      return undefined;
    }
    if (width !== this.header.width) {
      this.errors.add(row, null, `the row has ${width} fields, the header has ${this.header.width}`);
      return undefined;
    }
    return readRow(row, fields, this.header.layout, this.defaultCurrency, (field, message) =>
      this.errors.add(row, field, message),
    );
  }

  private isHopeless(): boolean {
    return this.errors.isFull || this.header?.isValid === false;
  }

  private async giveTurn(): Promise<void> {
    if (performance.now() - this.turnBegan < TURN_MS) return;
    await setImmediate();
    this.signal?.throwIfAborted();
    this.turnBegan = performance.now();
  }
}

/** @throws CsvSyntaxError for bytes that are not UTF-8 */
function decode(decoder: InstanceType<typeof TextDecoder>, row: number, piece?: Buffer): string {
  try {
    return decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    throw new CsvSyntaxError(row, 'the file is not encoded in UTF-8');
  }
}
