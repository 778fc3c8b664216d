import { CsvError, parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { CsvHeader, readHeader } from './csv-columns';
import { ImportedLine, readRow } from './csv-row';
import type { RowErrors } from './row-errors';

const MAX_RECORD_CHARACTERS = 100_000;

/** Reads the lines of an order CSV (RFC 4180, UTF-8, comma-separated) as a stream, in bounded memory. */
export class OrderCsvReader {
  private row = 0;
  private bytesRead = 0;
  private header: CsvHeader | undefined;

  constructor(
    private readonly errors: RowErrors,
    private readonly defaultCurrency: string,
  ) {}

  /** How much of the file was read. */
  get bytes(): number {
    return this.bytesRead;
  }

  get ignoredColumns(): string[] {
    return this.header?.ignored ?? [];
  }

  /**
   * The valid rows; what is wrong with the others goes to the errors. After an error that leaves the rest of the file
   * without meaning (a bad header, a quote that is never closed, bytes that are not UTF-8) it ends.
   */
  async *lines(source: Readable): AsyncGenerator<ImportedLine> {
    // `pipeline` hands an error of any part to the last, where the loop below meets it.
    const records = pipeline(
      source,
      (chunks: AsyncIterable<Buffer>) => this.requireUtf8(chunks),
      parse({ bom: true, relax_column_count: true, max_record_size: MAX_RECORD_CHARACTERS }),
      () => undefined,
    ) as AsyncIterable<string[]>;
    try {
      for await (const fields of records) {
        this.row += 1;
        const line = this.read(fields);
        if (this.row === 1 && this.errors.count > 0) return;
        if (line !== undefined) yield line;
      }
    } catch (error) {
      if (error instanceof CsvError)
        this.errors.add(this.row + 1, null, CSV_MESSAGES[error.code] ?? 'the row is not valid CSV');
      else if (error instanceof NotUtf8Error) this.errors.add(this.row + 1, null, error.message);
      else throw error;
      return;
    }
    if (this.header === undefined) this.errors.add(1, null, 'the file is empty');
  }

  private read(fields: string[]): ImportedLine | undefined {
    if (this.header === undefined) {
      this.header = readHeader(fields, this.errors);
      return undefined;
    }
    if (fields.length === 1 && fields[0]?.trim() === '') return undefined;
    const { layout, width } = this.header;
    if (fields.length !== width) {
      this.errors.add(this.row, null, `the row has ${fields.length} fields, the header has ${width}`);
      return undefined;
    }
    const { row } = this;
    return readRow(row, fields, layout, this.defaultCurrency, (field, message) =>
      this.errors.add(row, field, message),
    );
  }

  /** Passes bytes on as they are; ends with an error at the first that is not UTF-8. */
  private async *requireUtf8(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const chunk of chunks) {
      this.bytesRead += chunk.length;
      decode(decoder, chunk);
      yield chunk;
    }
    decode(decoder);
  }
}

class NotUtf8Error extends Error {}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Buffer): void {
  try {
    decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new NotUtf8Error('the file is not encoded in UTF-8');
  }
}

const CSV_MESSAGES: Partial<Record<CsvError['code'], string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  INVALID_OPENING_QUOTE: 'a field with quotes in it must be quoted itself, with each quote in it doubled',
  CSV_INVALID_CLOSING_QUOTE: 'a closing quote must be followed by a comma or the end of the row',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE:
    'a closing quote must be followed by a comma or the end of the row',
  CSV_MAX_RECORD_SIZE: `the row is longer than ${MAX_RECORD_CHARACTERS} characters`,
};
