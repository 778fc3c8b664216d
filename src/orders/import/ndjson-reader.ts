import type { Readable } from 'node:stream';
import { AppError, invalidField } from '../../common/app-error';
import { validated } from '../../common/http/validated';
import { parseTimestamp } from '../../common/timestamp';
import { ORDER_LIMITS } from '../order-limits';
import { FileDecoding } from './file-decoding';
import { Detected, FileReader, Turns } from './file-reader';
import type { RowErrors } from './import-failures';
import type { ImportSettings } from './import-settings';
import { ImportedLinesBody, ImportedOrderBody } from './imported-order.dto';
import { ImportedRow, ORDER_AMOUNTS } from './imported-row';
import { InvalidFileError } from './invalid-file.error';

/** Of one line: some thousand lines of an order, which are read from JSON in some milliseconds. */
export const MAX_LINE_CHARACTERS = 512 * 1024;
/** Lines of an order that are validated in one go: a few milliseconds of work. */
const AT_ONCE = 100;

/**
 * Reads NDJSON: a line is what `POST /v1/orders` takes, or what a report with lines has of an order, and is held against the
 * same rules.
 */
export class NdjsonReader implements FileReader {
  isReadWhole = false;
  /** After a line that is too long to be looked through for its end. */
  private isBrokenOff = false;
  isNoFile = false;
  readonly ignoredColumns: string[] = [];
  readonly stated = null;
  private readonly decoding: FileDecoding;
  private readonly turns: Turns;
  private row = 0;
  private hasOrders = false;

  constructor(
    source: Readable,
    settings: ImportSettings,
    private readonly errors: RowErrors,
    signal?: AbortSignal,
  ) {
    this.decoding = new FileDecoding(source, settings);
    this.turns = new Turns(signal);
  }

  get bytesRead(): number {
    return this.decoding.bytesRead;
  }

  get detected(): Detected {
    const cells = { delimiter: null, decimal_mark: null, date_form: null };
    return { format: 'ndjson', ...this.decoding.detected, ...cells };
  }

  async *batches(): AsyncGenerator<ImportedRow[]> {
    let batch: ImportedRow[] = [];
    try {
      for await (const lines of this.lines()) {
        for (const line of lines) {
          this.row += 1;
          const order = line.trim() === '' ? undefined : await this.read(line);
          if (order !== undefined) batch.push(order);
          if (this.errors.isFull) return;
          await this.turns.give();
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
    let begun: string[] = [];
    let length = 0;
    for await (const piece of this.decoding.pieces()) {
      const [first = '', ...others] = piece.split('\n');
      const last = others.pop();
      begun.push(first);
      length += first.length;
      if (last === undefined) {
        yield [];
      } else {
        yield [begun.join(''), ...others];
        begun = [last];
        length = last.length;
      }
      if (length > MAX_LINE_CHARACTERS) {
        this.isBrokenOff = true;
        break;
      }
    }
    yield [begun.join('')];
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
      return rowOf(this.row, await this.validated(value));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { errors = [] } = error.details;
      for (const { field, message } of errors)
        this.errors.add(this.row, field, message, valueAt(value, field));
      if (errors.length === 0) this.errors.add(this.row, null, error.message, line);
      return undefined;
    }
  }

  /**
   * Of an order with many lines some at a time, so that others get their turn.
   *
   * @throws AppError that names each bad field
   */
  private async validated(value: unknown): Promise<ImportedOrderBody> {
    const all = linesOf(value);
    if (all.length > ORDER_LIMITS.linesPerOrder)
      throw invalidField('lines', `lines must have at most ${ORDER_LIMITS.linesPerOrder} elements`);
    if (all.length <= AT_ONCE) return validated(ImportedOrderBody, value, 'body');
    const order = await validated(
      ImportedOrderBody,
      { ...(value as object), lines: all.slice(0, AT_ONCE) },
      'body',
    );
    for (let first = AT_ONCE; first < all.length; first += AT_ONCE) {
      await this.turns.give();
      const some = { lines: all.slice(first, first + AT_ONCE) };
      order.lines.push(...(await validatedFrom(first, some)).lines);
    }
    return order;
  }
}

const linesOf = (value: unknown): unknown[] => {
  const { lines } = (value ?? {}) as { lines?: unknown };
  return Array.isArray(lines) ? lines : [];
};

/** @throws AppError that names each bad field by where it is in the whole order */
async function validatedFrom(first: number, some: { lines: unknown[] }): Promise<ImportedLinesBody> {
  try {
    return await validated(ImportedLinesBody, some, 'body');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const errors = error.details.errors?.map(({ field, message }) => ({
      field: field.replace(/\d+/, (index) => String(Number(index) + first)),
      message,
    }));
    throw AppError.like(error, error.message, {
      ...error.details,
      ...(errors && { errors }),
    });
  }
}

function rowOf(row: number, body: ImportedOrderBody): ImportedRow {
  const amounts: ImportedRow['amounts'] = {};
  for (const name of ORDER_AMOUNTS) {
    const amount = name === 'subtotal' ? undefined : body[name];
    if (amount !== undefined) amounts[name] = amount;
  }
  return {
    row,
    orderNumber: body.number,
    orderedAt: parseTimestamp(body.ordered_at)?.toISOString() ?? null,
    status: body.status ?? null,
    currency: body.currency,
    customerName: body.customer_name,
    customerReference: body.customer_reference === null ? '' : (body.customer_reference ?? null),
    taxIncluded: body.tax_included ?? null,
    amounts,
    lines: body.lines.map(({ sku, description, quantity, unit_price, line_total }) => ({
      sku,
      description,
      quantity,
      unitPrice: unit_price,
      total: line_total ?? null,
      discount: null,
    })),
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
