import { minorUnit } from '../../common/currency';
import { type ImportedLine, type ImportedRow, ORDER_AMOUNTS } from './imported-row';

/** The columns of what is staged, as `stagedText` writes them: a line, with what its row says of the order. */
export const STAGED_COLUMNS = `
  row_number integer NOT NULL,
  place integer NOT NULL,
  number text NOT NULL,
  ordered_at timestamptz,
  status text,
  currency text,
  digits integer,
  customer_name text,
  customer_reference text,
  tax_included boolean,
  ${ORDER_AMOUNTS.map((column) => `${column} numeric`).join(', ')},
  sku text,
  description text,
  quantity numeric,
  unit_price numeric,
  line_total numeric,
  line_discount numeric`;

const NULL = '\\N';
const NO_LINE = Array<string>(6).fill(NULL).join('\t');

/** Rows in the text format of `COPY`. */
export function stagedText(rows: readonly ImportedRow[]): string {
  const texts = rows.flatMap((row) => {
    const head = headText(row);
    // A row without a line still says something of its order.
    const lines = row.lines.length === 0 ? [NO_LINE] : row.lines.map(lineText);
    return lines.map((line, place) => `${row.row}\t${place}\t${head}\t${line}\n`);
  });
  return texts.join('');
}

function headText(row: ImportedRow): string {
  const digits = row.currency === null ? undefined : minorUnit(row.currency);
  return [
    textValue(row.orderNumber),
    row.orderedAt ?? NULL,
    row.status ?? NULL,
    row.currency ?? NULL,
    digits ?? NULL,
    textValue(row.customerName),
    textValue(row.customerReference),
    row.taxIncluded ?? NULL,
    ...ORDER_AMOUNTS.map((column) => row.amounts[column] ?? NULL),
  ].join('\t');
}

const lineText = (line: ImportedLine): string =>
  [
    textValue(line.sku),
    textValue(line.description),
    line.quantity,
    line.unitPrice ?? NULL,
    line.total ?? NULL,
    line.discount ?? NULL,
  ].join('\t');

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function textValue(text: string | null): string {
  if (text === null) return NULL;
  return SPECIAL.test(text)
    ? text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character)
    : text;
}
