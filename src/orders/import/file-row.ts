import { sumDecimals } from '../../common/decimal';
import { minorUnit } from '../../common/currency';
import { unguarded } from '../formula-guard';
import { ORDER_LIMITS } from '../order-limits';
import { ORDER_STATUSES, OrderStatus } from '../order-status';
import { hasControlCharacters, isVisible } from '../../common/plain-text';
import { currencyIn, isSignOf, parseAmount, parseNumber, saysNothing } from './amounts';
import type { Dialect } from './detection';
import { Cell, Column, FileForm, headingKey } from './file-form';
import type { Header } from './file-header';
import type { RowErrors } from './import-failures';
import type { ImportSettings } from './import-settings';
import { ImportedLine, ImportedRow, ORDER_AMOUNTS, OrderAmount } from './imported-row';
import { Times } from './times';

const LENGTHS = {
  order_number: ORDER_LIMITS.numberLength,
  customer_name: ORDER_LIMITS.customerNameLength,
  customer_reference: ORDER_LIMITS.customerReferenceLength,
  sku: ORDER_LIMITS.skuLength,
  description: ORDER_LIMITS.descriptionLength,
} satisfies Partial<Record<Column, number>>;
const QUANTITY_DECIMALS = 4;
const UNIT_PRICE_DECIMALS = 6;

const YES_OR_NO = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);
const LINE_COLUMNS: readonly Column[] = ['sku', 'description', 'quantity', 'unit_price', 'line_total'];

/** Reads the rows of one file, cell by cell. Every error of a row is reported, not only the first. */
export class FileRows {
  private readonly times: Times;
  private readonly otherCells = new Map<string, number>();
  private readonly hasPoint: boolean;
  private fields: readonly string[] = [];
  private row = 0;
  private errorsBefore = 0;
  /** Where the row says it. */
  private inCurrency: string | null = null;
  /** The order that a row without a number continues. */
  private lastNumber = '';

  constructor(
    private readonly form: FileForm,
    private readonly header: Header,
    private readonly dialect: Dialect,
    private readonly settings: Pick<ImportSettings, 'currency' | 'timeZone'>,
    private readonly errors: RowErrors,
  ) {
    this.times = new Times(dialect.dateForm, form.inUtc ? 'UTC' : settings.timeZone);
    this.hasPoint = dialect.decimalMark === '.';
    for (const heading of form.alsoReads) {
      const index = header.others.get(headingKey(heading));
      if (index !== undefined) this.otherCells.set(heading, index);
    }
  }

  /** @returns `undefined` for a row with an error */
  read(row: number, fields: readonly string[]): ImportedRow | undefined {
    this.row = row;
    this.fields = fields;
    this.errorsBefore = this.errors.count;
    const { form } = this;
    const orderNumber = this.orderNumber();
    const currency = this.currency();
    const isContinued = form.fillsBlanks && this.header.layout.has('currency');
    this.inCurrency = currency ?? (isContinued ? null : this.settings.currency);
    const imported: ImportedRow = {
      row,
      orderNumber,
      orderedAt: this.time('ordered_at', !form.fillsBlanks),
      status: this.status(),
      currency,
      customerName: this.text('customer_name', !form.fillsBlanks && form.missingName === undefined),
      customerReference: this.text('customer_reference', false),
      taxIncluded: this.taxIncluded(),
      amounts: this.orderAmounts(),
      lines: this.lines(),
    };
    return this.errors.count === this.errorsBefore ? imported : undefined;
  }

  private orderNumber(): string {
    const number = this.cell('order_number');
    if (number === '' && this.form.fillsBlanks && this.lastNumber !== '') return this.lastNumber;
    this.lastNumber = this.text('order_number', true) ?? '';
    return this.lastNumber;
  }

  private currency(): string | null {
    const text = this.cell('currency');
    if (text === '') return null;
    const code = text.toUpperCase();
    if (minorUnit(code) === undefined)
      this.refuse('currency', 'currency must be a code of ISO 4217 such as USD', text);
    return code;
  }

  private status(): OrderStatus | null {
    const text = this.cell('status');
    const status = this.form.statusOf(text, this.other);
    if (status === undefined) {
      const known = this.form.preset === null ? ORDER_STATUSES.join(', ') : 'those of the preset';
      this.refuse('status', `status must be one of ${known}`, text);
      return null;
    }
    const isShipped = this.time('shipped_at', false) !== null;
    if (status !== null) return status;
    return isShipped ? OrderStatus.Shipped : null;
  }

  private taxIncluded(): boolean | null {
    if (typeof this.form.taxIncluded === 'function') return this.form.taxIncluded(this.other);
    const text = this.cell('tax_included');
    if (text === '') return null;
    const value = YES_OR_NO.get(text.toLowerCase());
    if (value === undefined) this.refuse('tax_included', 'tax_included must be true or false', text);
    return value ?? null;
  }

  private orderAmounts(): ImportedRow['amounts'] {
    const amounts: ImportedRow['amounts'] = {};
    for (const column of ORDER_AMOUNTS) {
      const amount = this.isNothing() ? null : this.amount(column);
      if (amount !== null) amounts[column] = amount;
    }
    return amounts;
  }

  private isNothing(): boolean {
    return this.form.isCancelledLine?.(this.other) === true;
  }

  private lines(): ImportedLine[] {
    const { form } = this;
    if (form.fillsBlanks && LINE_COLUMNS.every((column) => this.cell(column) === '')) return [];
    const line: ImportedLine = {
      sku: this.text('sku', !form.lacksSku),
      description:
        this.text('description', form.missingDescription === undefined) ?? form.missingDescription ?? '',
      quantity: this.quantity(),
      unitPrice: this.amount('unit_price', UNIT_PRICE_DECIMALS),
      total: this.amount('line_total'),
      discount: this.amount('line_discount'),
    };
    const isTakenBack = form.mayBeTakenBack && isZero(line.quantity);
    if (isTakenBack || this.isNothing()) {
      const quantity = isTakenBack ? '1' : line.quantity;
      return [{ ...line, quantity, unitPrice: '0', total: '0', discount: null }];
    }
    if (isZero(line.quantity)) this.refuse('quantity', 'quantity must not be 0', this.cell('quantity'));
    if (this.cell('unit_price') === '' && this.cell('line_total') === '') {
      if (form.lacksPrice) return [{ ...line, unitPrice: '0', total: '0' }];
      this.refuse('unit_price', 'one of unit_price and line_total is needed', null);
    }
    return [line];
  }

  private quantity(): string {
    const text = this.cell('quantity');
    if (text === '') {
      const { quantity, mayBeTakenBack } = this.form;
      if (quantity === undefined && !mayBeTakenBack) this.refuse('quantity', 'quantity is missing', null);
      return quantity ?? (mayBeTakenBack ? '0' : '1');
    }
    const quantity = parseNumber(text, this.dialect.decimalMark, QUANTITY_DECIMALS);
    if (quantity === undefined) this.refuse('quantity', `quantity ${this.rule(QUANTITY_DECIMALS)}`, text);
    return quantity ?? '1';
  }

  private amount(
    column: OrderAmount | 'unit_price' | 'line_total' | 'line_discount',
    decimals?: number,
  ): string | null {
    const source = this.header.layout.get(column);
    if (source === undefined) return null;
    if (source.as !== 'summed') return this.parsed(column, this.cell(column), decimals);
    const parts = source.indexes.flatMap(
      (index) => this.parsed(column, trimmed(this.fields[index]), decimals) ?? [],
    );
    return parts.length === 0 ? null : sumDecimals(parts);
  }

  private parsed(column: Column, text: string, decimals: number | undefined): string | null {
    if (text === '') return null;
    const amount = parseAmount(text, this.dialect.decimalMark, decimals);
    if (this.isAmbiguous(text))
      this.refuse(
        column,
        `${column} may be thousands or has three decimals: write it so that it is one of them`,
        text,
      );
    else if (amount === undefined) this.refuse(column, `${column} ${this.rule(decimals)}`, text);
    else if (amount !== text) this.requireCurrency(column, text);
    return amount ?? null;
  }

  /** In a currency of three digits, where no amount of the file shows which mark is which. */
  private isAmbiguous(text: string): boolean {
    const { isShown } = this.dialect;
    return !isShown && saysNothing(text) && minorUnit(this.inCurrency ?? this.settings.currency) === 3;
  }

  private requireCurrency(column: Column, text: string): void {
    const named = currencyIn(text);
    if (named !== undefined && this.inCurrency !== null && !isSignOf(named, this.inCurrency))
      this.refuse(column, `${column} is in ${named}, and the order in ${this.inCurrency}`, text);
  }

  private rule(decimals: number | undefined): string {
    const example = this.hasPoint ? '1234.56 or 1,234.56' : '1234,56 or 1.234,56';
    const bound = decimals === undefined ? '' : ` and ${decimals} after`;
    return `must be a number such as ${example}, with at most 15 digits before${bound} the decimal ${this.hasPoint ? 'point' : 'comma'}`;
  }

  private time(column: 'ordered_at' | 'shipped_at', isNeeded: boolean): string | null {
    const text = this.cell(column);
    if (text === '') {
      if (isNeeded) this.refuse(column, `${column} is missing`, null);
      return null;
    }
    const time = this.times.parse(text);
    if (time === undefined)
      this.refuse(
        column,
        `${column} must be an existing date such as 2016-11-08 or a time such as 2016-11-08T14:30:00Z, which can be read in one way only`,
        text,
      );
    return time ?? null;
  }

  private text(column: keyof typeof LENGTHS, isNeeded: boolean): string | null {
    const value = unguarded(this.cell(column));
    if (value === '') {
      if (isNeeded) this.refuse(column, `${column} is missing`, null);
      return null;
    }
    if (!isVisible(value)) {
      this.refuse(column, isNeeded ? `${column} is missing` : `${column} has no visible character`, value);
    }
    const length = LENGTHS[column];
    if (isLongerThan(length, value))
      this.refuse(column, `${column} is longer than ${length} characters`, value);
    if (hasControlCharacters(value)) this.refuse(column, `${column} contains a control character`, value);
    return value;
  }

  /** Without white space around it; empty where there is no such column. */
  private cell(column: Column): string {
    const source = this.header.layout.get(column);
    if (source === undefined) return '';
    const [first = -1] = source.indexes;
    if (source.indexes.length === 1) return trimmed(this.fields[first]);
    const cells = source.indexes.map((index) => trimmed(this.fields[index])).filter((text) => text !== '');
    return source.as === 'joined' ? cells.join(' ') : (cells[0] ?? '');
  }

  private readonly other: Cell = (heading) => trimmed(this.fields[this.otherCells.get(heading) ?? -1]);

  private refuse(column: Column, message: string, value: string | null): void {
    this.errors.add(this.row, column, message, value);
  }
}

const trimmed = (text: string | undefined): string => text?.trim() ?? '';

const isZero = (decimal: string): boolean => /^-?[0.]+$/.test(decimal);

/** Counted as Postgres counts: in characters, not in halves of them. */
function isLongerThan(length: number, value: string): boolean {
  if (value.length <= length) return false;
  return value.length > 2 * length || Array.from(value).length > length;
}
