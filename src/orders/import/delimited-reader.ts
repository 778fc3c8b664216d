import type { Readable } from 'node:stream';
import { CsvRecord, CsvRecords, CsvSyntaxError } from './csv-records';
import { detectDialect, Dialect, SAMPLE_CHARACTERS } from './detection';
import { FileDecoding } from './file-decoding';
import type { FileForm } from './file-form';
import { checkHeader, Header, neededColumns, readHeader } from './file-header';
import { Detected, FileReader, Stated, Turns } from './file-reader';
import { FileRows } from './file-row';
import type { RowErrors } from './import-failures';
import type { ImportSettings } from './import-settings';
import type { ImportedRow } from './imported-row';
import { InvalidFileError } from './invalid-file.error';
import { formOf } from './presets';

/** Characters that are read in one go, between two looks at the clock. */
const PIECE_CHARACTERS = 4 * 1024;

/** Reads the rows of a CSV, or of any other table of text, of our own form or of a preset's. */
export class DelimitedReader implements FileReader {
  isReadWhole = false;
  isNoFile = false;
  private readonly form: FileForm;
  private readonly decoding: FileDecoding;
  private dialect: Dialect | undefined;
  private records: CsvRecords | undefined;
  private header: Header | undefined;
  private rows: FileRows | undefined;
  private width = 0;
  private headerIsValid = true;

  constructor(
    source: Readable,
    private readonly settings: ImportSettings,
    private readonly errors: RowErrors,
    private readonly signal?: AbortSignal,
  ) {
    this.form = formOf(settings.preset);
    this.decoding = new FileDecoding(source, settings);
  }

  get bytesRead(): number {
    return this.decoding.bytesRead;
  }

  get ignoredColumns(): string[] {
    return this.header?.ignored ?? [];
  }

  get detected(): Detected {
    return {
      format: 'delimited',
      ...this.decoding.detected,
      delimiter: this.dialect?.delimiter ?? null,
      decimal_mark: this.dialect?.decimalMark ?? null,
      date_form: this.dialect?.dateForm ?? null,
    };
  }

  get stated(): ReadonlySet<Stated> {
    return statedBy(this.header, this.form);
  }

  async *batches(): AsyncGenerator<ImportedRow[]> {
    const turns = new Turns(this.signal);
    try {
      for await (const text of this.text()) {
        await turns.give();
        const batch = this.read(text);
        if (batch.length > 0) yield batch;
        if (this.isHopeless()) return;
      }
      const last = this.readAll(this.records?.end() ?? []);
      if (last.length > 0) yield last;
    } catch (error) {
      const isSyntax = error instanceof CsvSyntaxError;
      if (!isSyntax && !(error instanceof InvalidFileError)) throw error;
      this.errors.add(error.row ?? this.records?.row ?? 1, null, error.message);
      this.isNoFile = !isSyntax || this.header === undefined;
      return;
    }
    this.isReadWhole = true;
    if (this.header !== undefined) return;
    this.errors.add(1, null, 'the file is empty');
    this.isNoFile = true;
  }

  /** The text in pieces, once it is known how it is written. */
  private async *text(): AsyncGenerator<string> {
    let sample = '';
    let fault: InvalidFileError | undefined;
    try {
      for await (const piece of this.decoding.pieces()) {
        if (this.records !== undefined) {
          yield piece;
          continue;
        }
        sample += piece;
        if (sample.length < SAMPLE_CHARACTERS) continue;
        yield* this.begin(sample, false);
      }
    } catch (error) {
      if (!(error instanceof InvalidFileError) || this.records !== undefined) throw error;
      fault = error;
    }
    if (this.records === undefined) yield* this.begin(sample, true);
    // After what came before it, so that its row is known.
    if (fault !== undefined) throw fault;
  }

  private *begin(sample: string, isWhole: boolean): Generator<string> {
    const { form, settings } = this;
    this.dialect = detectDialect(sample, isWhole, form.hasQuotes, (names) =>
      readHeader(names, form, settings.columnMap),
    );
    this.records = new CsvRecords(this.dialect.delimiter, form.hasQuotes);
    for (let start = 0; start < sample.length; start += PIECE_CHARACTERS)
      yield sample.slice(start, start + PIECE_CHARACTERS);
  }

  private read(text: string): ImportedRow[] {
    return this.readAll(this.records?.read(text) ?? []);
  }

  private readAll(records: Iterable<CsvRecord>): ImportedRow[] {
    const batch: ImportedRow[] = [];
    for (const record of records) {
      const row = this.readRecord(record);
      if (row !== undefined) batch.push(row);
      if (this.isHopeless()) break;
    }
    return batch;
  }

  private readRecord(record: CsvRecord): ImportedRow | undefined {
    if (this.rows === undefined) {
      this.rows = this.begun(record);
      return undefined;
    }
    const { row, fields, width } = record;
    if (width === this.width) return this.rows.read(row, fields);
    this.errors.add(row, null, `the row has ${width} fields, the header has ${this.width}`);
    return undefined;
  }

  private begun(record: CsvRecord): FileRows {
    const { form, settings, errors, dialect } = this;
    if (dialect === undefined) throw new Error('No row comes before it is known how they are written.');
    const header = readHeader(record.fields, form, settings.columnMap);
    if (!form.required.flat().some((column) => header.layout.has(column)))
      throw new InvalidFileError(
        `the first row has none of the columns ${neededColumns(form).join(', ')}`,
        record.row,
      );
    checkHeader(record, header, form, settings.columnMap, errors);
    this.header = header;
    this.width = record.width;
    this.headerIsValid = errors.count === 0;
    return new FileRows(form, header, dialect, settings, errors);
  }

  private isHopeless(): boolean {
    return this.errors.isFull || !this.headerIsValid;
  }
}

/** What of an order the file says anything about, in columns or by what its form takes from them. */
function statedBy(header: Header | undefined, form: FileForm): ReadonlySet<Stated> {
  const stated = new Set<Stated>();
  const has = (column: Parameters<Header['layout']['has']>[0]): boolean =>
    header?.layout.has(column) === true;
  for (const column of [
    'currency',
    'customer_name',
    'customer_reference',
    'subtotal',
    'discount_total',
    'shipping_total',
    'tax_total',
    'tax_included',
    'adjustment_total',
    'total',
    'refunded_total',
  ] as const)
    if (has(column)) stated.add(column);
  if (has('status') || has('shipped_at') || header?.others.size !== 0) stated.add('status');
  if (form.discountBySubtotal && has('subtotal')) stated.add('discount_total');
  if (form.otherTotal === 'adjustment' && has('total')) stated.add('adjustment_total');
  if (form.taxIncluded !== undefined && has('tax_total')) stated.add('tax_included');
  return stated;
}
