/** Of one row, with its delimiters, quotes and line ends: what is held of a file is never more. */
export const MAX_RECORD_CHARACTERS = 100_000;
export const MAX_COLUMNS = 200;

/** A row of the file that is not blank. */
export interface CsvRecord {
  /** As a spreadsheet numbers the rows: from 1, with the blank ones. */
  row: number;
  /** The first `MAX_COLUMNS` fields. */
  fields: string[];
  /** How many fields the row has. */
  width: number;
}

/** The file is no CSV from this row on. The message is meant for callers. */
export class CsvSyntaxError extends Error {
  constructor(
    readonly row: number,
    message: string,
  ) {
    super(message);
    this.name = 'CsvSyntaxError';
  }
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Where in a record the reading stands. */
enum State {
  FieldStart,
  Plain,
  Quoted,
  /** After a quote inside of quotes: it closes them, or it is the first of two that mean one. */
  QuoteInQuotes,
}

/** What may stand between two cells. */
export type Delimiter = ',' | ';' | '\t' | '|';

/**
 * Cuts text that comes in pieces into the records of a CSV (RFC 4180, with any delimiter; rows end with LF, CR LF or CR).
 * Time is linear in the text and memory is bounded by one record, whatever the text. Rows are not compared: each may have
 * its own width.
 */
export class CsvRecords {
  private state = State.FieldStart;
  private field = '';
  private fields: string[] = [];
  private width = 0;
  private length = 0;
  private afterCarriageReturn = false;
  private rowsRead = 0;
  private readonly delimiter: number;

  /** @param hasQuotes whether quotes mean something: where they do not, a field is all that stands between two delimiters */
  constructor(
    delimiter: Delimiter = ',',
    private readonly hasQuotes = true,
  ) {
    this.delimiter = delimiter.charCodeAt(0);
  }

  /** The row that is being read. */
  get row(): number {
    return this.rowsRead + 1;
  }

  /**
   * The records that end in the next piece of the text.
   *
   * @throws CsvSyntaxError after the last record before the fault; nothing can be read any more then
   */
  *read(piece: string): Generator<CsvRecord> {
    /** Where the part of the piece begins that belongs to the field. */
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const character = piece.charCodeAt(at);
      if (this.afterCarriageReturn) {
        this.afterCarriageReturn = false;
        if (character === LINE_FEED) {
          from = at + 1;
          continue;
        }
      }
      this.length += 1;
      if (this.length > MAX_RECORD_CHARACTERS) throw this.tooLong();
      if (this.state === State.Quoted) {
        if (character !== QUOTE) continue;
        this.field += piece.slice(from, at);
        this.state = State.QuoteInQuotes;
        continue;
      }
      if (character === this.delimiter || character === LINE_FEED || character === CARRIAGE_RETURN) {
        if (this.state === State.Plain) this.field += piece.slice(from, at);
        from = at + 1;
        if (character === this.delimiter) {
          this.endField();
          continue;
        }
        this.afterCarriageReturn = character === CARRIAGE_RETURN;
        const record = this.endRecord();
        if (record !== undefined) yield record;
      } else if (character === QUOTE && this.hasQuotes) {
        if (this.state === State.Plain) throw this.fault(STRAY_QUOTE);
        // Of two quotes that mean one, the second begins what follows.
        from = this.state === State.QuoteInQuotes ? at : at + 1;
        this.state = State.Quoted;
      } else if (this.state === State.QuoteInQuotes) {
        throw this.fault('a closing quote must be followed by the next field or the end of the row');
      } else {
        this.state = State.Plain;
      }
    }
    if (this.state === State.Plain || this.state === State.Quoted) this.field += piece.slice(from);
  }

  /**
   * The last record, when the text does not end with a line end.
   *
   * @throws CsvSyntaxError
   */
  *end(): Generator<CsvRecord> {
    if (this.state === State.Quoted) throw this.fault('a quote is opened and never closed');
    const record = this.length === 0 ? undefined : this.endRecord();
    if (record !== undefined) yield record;
  }

  private endField(): void {
    if (this.width < MAX_COLUMNS) this.fields.push(this.field);
    this.width += 1;
    this.field = '';
    this.state = State.FieldStart;
  }

  /** @returns `undefined` for a blank row */
  private endRecord(): CsvRecord | undefined {
    this.rowsRead += 1;
    this.length = 0;
    if (this.width === 0 && this.field.trim() === '') {
      this.field = '';
      this.state = State.FieldStart;
      return undefined;
    }
    this.endField();
    const record = { row: this.rowsRead, fields: this.fields, width: this.width };
    this.fields = [];
    this.width = 0;
    return record;
  }

  private tooLong(): CsvSyntaxError {
    const hint = this.state === State.Quoted ? '; a quote in it may never be closed' : '';
    return this.fault(`the row is longer than ${MAX_RECORD_CHARACTERS} characters${hint}`);
  }

  private fault(message: string): CsvSyntaxError {
    return new CsvSyntaxError(this.row, message);
  }
}

const STRAY_QUOTE = 'a field with quotes in it must be quoted itself, with each quote in it doubled';
