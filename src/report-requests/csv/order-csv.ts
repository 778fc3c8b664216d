import { stringify } from 'csv-stringify/sync';
import type { ReportedLine, ReportedOrder } from '../../orders/reported-order';

type Field = (order: ReportedOrder, line: ReportedLine | undefined) => string;

/** The names are those of the import, so that a file with lines can be read back. */
const ORDER_FIELDS: readonly (readonly [name: string, field: Field])[] = [
  ['order_number', (order) => inert(order.number)],
  ['ordered_at', (order) => order.orderedAt.toISOString()],
  ['customer_name', (order) => inert(order.customerName)],
  ['status', (order) => order.status],
  ['currency', (order) => order.currency],
];
const TOTAL_FIELD = [['order_total', (order: ReportedOrder) => order.total]] as const;
const LINE_FIELDS: typeof ORDER_FIELDS = [
  ['sku', (_, line) => inert(line?.sku ?? '')],
  ['description', (_, line) => inert(line?.description ?? '')],
  ['quantity', (_, line) => line?.quantity ?? ''],
  ['unit_price', (_, line) => line?.unitPrice ?? ''],
  ['line_total', (_, line) => line?.total ?? ''],
];

/** Excel takes a file without it for one in the code page of the machine. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Orders as CSV (RFC 4180, UTF-8): a row for each order, or with items a row for each line. Times are ISO 8601 in UTC,
 * amounts exact decimals.
 *
 * @param orders batches, read only as fast as the text is
 */
export async function* orderCsv(
  orders: AsyncIterable<ReportedOrder[]>,
  { includeItems }: { includeItems: boolean },
): AsyncGenerator<Buffer> {
  const fields = [...ORDER_FIELDS, ...(includeItems ? LINE_FIELDS : TOTAL_FIELD)];
  yield Buffer.from(BYTE_ORDER_MARK);
  yield asCsv([fields.map(([name]) => name)]);
  for await (const batch of orders) {
    yield asCsv(
      batch.flatMap((order) =>
        (includeItems ? order.lines : [undefined]).map((line) =>
          fields.map(([, field]) => field(order, line)),
        ),
      ),
    );
  }
}

/** What some spreadsheets separate cells by, depending on their language: in quotes, no part of a text becomes a cell. */
const OTHER_SEPARATORS = /[;\t|]/;

const asCsv = (rows: string[][]): Buffer =>
  Buffer.from(stringify(rows, { record_delimiter: 'windows', quoted_match: OTHER_SEPARATORS }));

// The full-width signs too: some programs read them as the plain ones. White space before a sign is skipped by some.
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** Somebody's text that no spreadsheet runs as a formula: an apostrophe makes it text. */
function inert(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}
