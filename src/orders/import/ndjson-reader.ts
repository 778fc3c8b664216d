import type { Readable } from 'node:stream';
import { AppError } from '../../common/app-error';
import { validated } from '../../common/http/validated';
import { NewOrderBody, toHead, toLines } from '../order.dto';
import { FileDecoding } from './file-decoding';
import { Detected, FileReader, Turns } from './file-reader';
import type { RowErrors } from './import-failures';
import type { ImportSettings } from './import-settings';
import { ImportedRow, ORDER_AMOUNTS } from './imported-row';
import { InvalidFileError } from './invalid-file.error';

/** Of one line: as much as a body of `POST /v1/orders` may have. */
export const MAX_LINE_CHARACTERS = 100 * 1024;

/** Reads NDJSON: a line is what `POST /v1/orders` takes, and is held against the same rules. */
export class NdjsonReader implements FileReader {
  isReadWhole = false;
  /** After a line that is too long to be looked through for its end. */
  private isBrokenOff = false;
  isNoFile = false;
  readonly ignoredColumns: string[] = [];
  readonly stated = null;
  private readonly decoding: FileDecoding;
  private row = 0;
  private hasOrders = false;

  constructor(
    source: Readable,
    settings: ImportSettings,
    private readonly errors: RowErrors,
    private readonly signal?: AbortSignal,
  ) {
    this.decoding = new FileDecoding(source, settings);
  }

  get bytesRead(): number {
    return this.decoding.bytesRead;
  }

  get detected(): Detected {
    const cells = { delimiter: null, decimal_mark: null, date_form: null };
    return { format: 'ndjson', ...this.decoding.detected, ...cells };
  }

  async *batches(): AsyncGenerator<ImportedRow[]> {
    const turns = new Turns(this.signal);
    let batch: ImportedRow[] = [];
    try {
      for await (const lines of this.lines()) {
        for (const line of lines) {
          this.row += 1;
          const order = line.trim() === '' ? undefined : await this.read(line);
          if (order !== undefined) batch.push(order);
          if (this.errors.isFull) return;
          await turns.give();
        }
        if (batch.length > 0) yield batch;
        batch = [];
      }
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      this.errors.add(Math.max(this.row, 1), null, error.message);
      this.isNoFile = true;
      return;
    }
    this.isReadWhole = !this.isBrokenOff;
  }

  /** The lines that end in each piece of the text. */
  private async *lines(): AsyncGenerator<string[]> {
    let begun = '';
    for await (const piece of this.decoding.pieces()) {
      const lines = (begun + piece).split('\n');
      begun = lines.pop() ?? '';
      yield lines;
      if (begun.length > MAX_LINE_CHARACTERS) {
        this.isBrokenOff = true;
        break;
      }
    }
    yield [begun];
  }

  /** @throws InvalidFileError when not even the first line is JSON */
  private async read(line: string): Promise<ImportedRow | undefined> {
    if (line.length > MAX_LINE_CHARACTERS) {
      if (!this.hasOrders)
        throw new InvalidFileError(`the first line has more than ${MAX_LINE_CHARACTERS} characters`);
      this.errors.add(this.row, null, `the line has more than ${MAX_LINE_CHARACTERS} characters`);
      return undefined;
    }
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      if (!this.hasOrders) throw new InvalidFileError('the first line is not JSON');
      this.errors.add(this.row, null, 'the line is not JSON', line);
      return undefined;
    }
    this.hasOrders = true;
    try {
      return rowOf(this.row, await validated(NewOrderBody, value, 'body'));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { errors = [] } = error.details;
      for (const { field, message } of errors)
        this.errors.add(this.row, field, message, valueAt(value, field));
      if (errors.length === 0) this.errors.add(this.row, null, error.message, line);
      return undefined;
    }
  }
}

function rowOf(row: number, body: NewOrderBody): ImportedRow {
  const { orderedAt } = toHead(body);
  const amounts: ImportedRow['amounts'] = {};
  for (const name of ORDER_AMOUNTS) {
    const amount = name === 'subtotal' || name === 'total' ? undefined : body[name];
    if (amount !== undefined) amounts[name] = amount;
  }
  return {
    row,
    orderNumber: body.number,
    orderedAt: orderedAt.toISOString(),
    status: body.status ?? null,
    currency: body.currency,
    customerName: body.customer_name,
    customerReference: body.customer_reference ?? null,
    taxIncluded: body.tax_included ?? null,
    amounts,
    lines: toLines(body.lines).map((line) => ({ ...line, total: null, discount: null })),
  };
}

/** What stands at a path such as `lines.0.quantity`. */
function valueAt(value: unknown, path: string): string | null {
  let found: unknown = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return null;
    found = (found as Record<string, unknown>)[name];
  }
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : null;
}
