import { stringify } from 'csv-stringify/sync';
import { guarded } from '../../../orders/formula-guard';
import type { ReportedLine, ReportedOrder } from '../../../orders/reported-order';

type Fields<Of> = readonly (readonly [name: string, field: (of: Of) => string])[];

/** The names are those of the import, so that a file with lines can be read back. */
const ORDER_FIELDS: Fields<ReportedOrder> = [
  ['ordered_at', (order) => order.orderedAt.toISOString()],
  ['number', (order) => guarded(order.number)],
  ['customer_name', (order) => guarded(order.customerName)],
  ['customer_reference', (order) => guarded(order.customerReference ?? '')],
  ['status', (order) => order.status],
  ['currency', (order) => order.currency],
  ['line_count', (order) => String(order.lineCount)],
  ['subtotal', (order) => order.subtotal],
  ['discount_total', (order) => order.discountTotal],
  ['shipping_total', (order) => order.shippingTotal],
  ['tax_total', (order) => order.taxTotal],
  ['adjustment_total', (order) => order.adjustmentTotal],
  ['total', (order) => order.total],
  ['refunded_total', (order) => order.refundedTotal],
  ['net_total', (order) => order.netTotal],
  ['tax_included', (order) => String(order.taxIncluded)],
];
const LINE_FIELDS: Fields<ReportedLine> = [
  ['sku', (line) => guarded(line.sku)],
  ['description', (line) => guarded(line.description)],
  ['quantity', (line) => line.quantity],
  ['unit_price', (line) => line.unitPrice],
  ['line_total', (line) => line.total],
];

/** Of a delta, the last column; what is gone has its number and this alone. */
const CHANGE = 'change';
const NUMBER_AT = ORDER_FIELDS.findIndex(([name]) => name === 'number');

/** Excel takes a file without it for one in the code page of the machine. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Orders as CSV (RFC 4180, UTF-8): a row for each order, or with items a row for each line, which repeats what is of the
 * order. Times are ISO 8601 in UTC, amounts exact decimals with the digits of the currency.
 *
 * @param orders batches, read only as fast as the text is
 */
export async function* orderCsv(
  orders: AsyncIterable<ReportedOrder[]>,
  { includeItems, isDelta = false }: { includeItems: boolean; isDelta?: boolean },
): AsyncGenerator<Buffer> {
  const names = [...ORDER_FIELDS, ...(includeItems ? LINE_FIELDS : [])].map(([name]) => name);
  const rowsOf = includeItems ? rowsOfLines : (order: ReportedOrder): string[][] => [rowOf(order)];
  yield Buffer.from(BYTE_ORDER_MARK);
  yield asCsv([isDelta ? [...names, CHANGE] : names]);
  for await (const batch of orders) {
    yield asCsv(
      isDelta
        ? batch.flatMap((order) =>
            order.change === 'removed'
              ? [removedRow(order, names.length)]
              : rowsOf(order).map((row) => [...row, 'updated']),
          )
        : batch.flatMap(rowsOf),
    );
  }
}

const removedRow = ({ number }: ReportedOrder, width: number): string[] => [
  ...Array.from({ length: width }, (_, index) => (index === NUMBER_AT ? guarded(number) : '')),
  'removed',
];

const rowOf = (order: ReportedOrder): string[] => ORDER_FIELDS.map(([, field]) => field(order));

function rowsOfLines(order: ReportedOrder): string[][] {
  const row = rowOf(order);
  return order.lines.map((line) => [...row, ...LINE_FIELDS.map(([, field]) => field(line))]);
}

/** What some spreadsheets separate cells by, depending on their language: in quotes, no part of a text becomes a cell. */
const OTHER_SEPARATORS = /[;\t|]/;

const asCsv = (rows: string[][]): Buffer =>
  Buffer.from(stringify(rows, { record_delimiter: 'windows', quoted_match: OTHER_SEPARATORS }));
