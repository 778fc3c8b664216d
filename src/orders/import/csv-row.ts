import { isISO4217CurrencyCode } from 'class-validator';
import { divide, formatDecimal, isStorable, multiply, parseDecimal } from '../../common/decimal';
import { ORDER_LIMITS } from '../order-limits';
import { hasControlCharacters, isVisible } from '../order-validators';
import { isOrderStatus, ORDER_STATUSES, OrderStatus } from '../order-status';
import { parseTimestamp } from '../../common/timestamp';
import type { CsvColumn, CsvLayout } from './csv-columns';

/** A row of the file that is valid by itself: one line, with what it says of its order. */
export interface ImportedLine {
  row: number;
  orderNumber: string;
  orderedAt: string;
  status: OrderStatus;
  currency: string;
  customerName: string;
  customerReference: string | null;
  sku: string;
  description: string;
  quantity: string;
  unitPrice: string;
  total: string;
}

type Report = (field: CsvColumn, message: string) => void;

const DECIMAL_RULE =
  'must be a plain number such as 1234.56, with at most 15 digits before and 4 after the point';
const TIME_RULE = 'must be an existing date such as 2016-11-08 or a time such as 2016-11-08T14:30:00Z';

/** Checks one row and computes what it leaves out. Every error of the row is reported, not only the first. */
export function readRow(
  row: number,
  fields: string[],
  layout: CsvLayout,
  defaultCurrency: string,
  report: Report,
): ImportedLine | undefined {
  let errors = 0;
  const refuse: Report = (field, message) => {
    errors += 1;
    report(field, message);
  };
  const cell = (column: CsvColumn): string => fields[layout.get(column) ?? -1]?.trim() ?? '';
  const text = (column: CsvColumn, length: number): string => {
    const value = cell(column);
    if (!isVisible(value)) refuse(column, `${column} is missing`);
    checkText(column, value, length, refuse);
    return value;
  };

  const customerReference = cell('customer_reference');
  if (customerReference !== '' && !isVisible(customerReference)) {
    refuse('customer_reference', 'customer_reference has no visible character');
  }
  checkText('customer_reference', customerReference, ORDER_LIMITS.customerReferenceLength, refuse);
  const line = {
    row,
    orderNumber: text('order_number', ORDER_LIMITS.numberLength),
    orderedAt: readTime('ordered_at', text('ordered_at', 50), refuse),
    status: readStatus(cell, refuse),
    currency: readCurrency(cell('currency') || defaultCurrency, refuse),
    customerName: text('customer_name', ORDER_LIMITS.customerNameLength),
    customerReference: customerReference === '' ? null : customerReference,
    sku: text('sku', ORDER_LIMITS.skuLength),
    description: text('description', ORDER_LIMITS.descriptionLength),
  };
  const amounts = readAmounts(cell, refuse);
  return errors === 0 && amounts !== undefined ? { ...line, ...amounts } : undefined;
}

function checkText(column: CsvColumn, value: string, length: number, refuse: Report): void {
  if (isLongerThan(length, value)) refuse(column, `${column} is longer than ${length} characters`);
  if (hasControlCharacters(value)) refuse(column, `${column} contains a control character`);
}

/** Counted as Postgres counts: in characters, not in halves of them. */
function isLongerThan(length: number, value: string): boolean {
  if (value.length <= length) return false;
  return value.length > 2 * length || Array.from(value).length > length;
}

function readTime(column: CsvColumn, text: string, refuse: Report): string {
  if (text === '') return '';
  const time = parseTimestamp(text);
  if (time === undefined) refuse(column, `${column} ${TIME_RULE}`);
  return time?.toISOString() ?? '';
}

function readStatus(cell: (column: CsvColumn) => string, refuse: Report): OrderStatus {
  const shipped = readTime('shipped_at', cell('shipped_at'), refuse) !== '';
  const text = cell('status').toLowerCase();
  if (text === '') return shipped ? OrderStatus.Shipped : OrderStatus.Pending;
  if (isOrderStatus(text)) return text;
  refuse('status', `status must be one of ${ORDER_STATUSES.join(', ')}`);
  return OrderStatus.Pending;
}

function readCurrency(text: string, refuse: Report): string {
  const code = text.toUpperCase();
  if (!isISO4217CurrencyCode(code)) refuse('currency', 'currency must be a code of ISO 4217 such as USD');
  return code;
}

function readAmounts(
  cell: (column: CsvColumn) => string,
  refuse: Report,
): Pick<ImportedLine, 'quantity' | 'unitPrice' | 'total'> | undefined {
  const decimal = (column: CsvColumn): bigint | undefined => {
    const text = cell(column);
    const value = parseDecimal(text);
    if (value === undefined && text !== '') refuse(column, `${column} ${DECIMAL_RULE}`);
    return value;
  };
  const quantity = decimal('quantity');
  const unitPrice = decimal('unit_price');
  const lineTotal = decimal('line_total');
  if (cell('quantity') === '') refuse('quantity', 'quantity is missing');
  if (cell('unit_price') === '' && cell('line_total') === '') {
    refuse('unit_price', 'one of unit_price and line_total is needed');
  }
  if (quantity === undefined) return undefined;
  if (quantity <= 0n) {
    refuse('quantity', 'quantity must be more than 0');
    return undefined;
  }
  const total = lineTotal ?? (unitPrice === undefined ? undefined : multiply(quantity, unitPrice));
  const price = unitPrice ?? (lineTotal === undefined ? undefined : divide(lineTotal, quantity));
  if (total === undefined || price === undefined) return undefined;
  if (!isStorable(total)) refuse('line_total', 'quantity times unit_price is too large');
  if (!isStorable(price)) refuse('unit_price', 'line_total divided by quantity is too large');
  return { quantity: formatDecimal(quantity), unitPrice: formatDecimal(price), total: formatDecimal(total) };
}
