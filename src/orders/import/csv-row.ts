import { minorUnit } from '../../common/currency';
import { formatDecimal, isStorable, parseDecimal, rescale } from '../../common/decimal';
import { lineAmounts, AMOUNT_SCALE, PRICE_SCALE, priceOf, QUANTITY_SCALE } from '../order-amounts';
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

const decimalRule = (scale: number): string =>
  `must be a plain number such as 1234.56, with at most 15 digits before and ${scale} after the point`;
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
  const amounts = readAmounts(cell, minorUnit(line.currency) ?? 0, refuse);
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
  if (minorUnit(code) === undefined)
    refuse('currency', 'currency must be a code of ISO 4217 such as USD that has a minor unit');
  return code;
}

function readAmounts(
  cell: (column: CsvColumn) => string,
  unit: number,
  refuse: Report,
): Pick<ImportedLine, 'quantity' | 'unitPrice' | 'total'> | undefined {
  const decimal = (column: CsvColumn, scale: number): bigint | undefined => {
    const text = cell(column);
    const value = parseDecimal(text, scale);
    if (value === undefined && text !== '') refuse(column, `${column} ${decimalRule(scale)}`);
    return value;
  };
  const quantity = decimal('quantity', QUANTITY_SCALE);
  const unitPrice = decimal('unit_price', PRICE_SCALE);
  const lineTotal = decimal('line_total', AMOUNT_SCALE);
  if (cell('quantity') === '') refuse('quantity', 'quantity is missing');
  if (cell('unit_price') === '' && cell('line_total') === '') {
    refuse('unit_price', 'one of unit_price and line_total is needed');
  }
  if (quantity === 0n) refuse('quantity', 'quantity must not be 0');
  if (quantity === undefined || quantity === 0n) return undefined;
  // Rounded once, here; the sums of orders and reports are sums of such amounts.
  const total =
    lineTotal === undefined ? undefined : formatDecimal(rescale(lineTotal, AMOUNT_SCALE, unit), unit);
  if (unitPrice === undefined && total !== undefined) {
    const given = formatDecimal(quantity, QUANTITY_SCALE);
    const price = priceOf(total, given, unit);
    if (!isStorable(parseDecimal(price, PRICE_SCALE) ?? -1n, PRICE_SCALE)) {
      refuse('unit_price', 'line_total divided by quantity is too large');
    }
    return { quantity: given, unitPrice: price, total };
  }
  if (unitPrice === undefined) return undefined;
  const line = { quantity: cell('quantity'), unitPrice: cell('unit_price') };
  const amounts = lineAmounts(line, unit, (_field, message) => refuse('line_total', message));
  return amounts && { ...amounts, total: total ?? amounts.total };
}
