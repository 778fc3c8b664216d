import { type DecimalMark, detectDecimalMark } from './amounts';
import { CsvRecords, CsvSyntaxError, Delimiter } from './csv-records';
import { type Column, headingKey } from './file-form';
import type { Header } from './file-header';
import { type DateForm, detectDateForm } from './times';

/** So much of a file is looked at to recognise how it is written: a few milliseconds of work. */
export const SAMPLE_CHARACTERS = 32 * 1024;
const MOST_ROWS = 1_000;

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|'];
const AMOUNTS: readonly Column[] = [
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'adjustment_total',
  'total',
  'refunded_total',
  'quantity',
  'unit_price',
  'line_discount',
  'line_total',
];
const TIMES: readonly Column[] = ['ordered_at', 'shipped_at'];
/** What only our own reports have, all of them unless they were asked for less. No amount of theirs has thousands. */
const REPORT_HEADINGS = ['line_count', 'net_total'];

/** How the cells of a file are written. */
export interface Dialect {
  delimiter: Delimiter;
  decimalMark: DecimalMark;
  /** Whether an amount shows that mark; else it is where the file seems to come from. */
  isShown: boolean;
  dateForm: DateForm | undefined;
}

/**
 * Recognises how a file is written by its beginning.
 *
 * @param isWhole whether the sample is all of the file
 * @param headerOf understands a first row, as far as it can
 */
export function detectDialect(
  sample: string,
  isWhole: boolean,
  hasQuotes: boolean,
  headerOf: (names: string[]) => Header,
): Dialect {
  const rowsBy = (delimiter: Delimiter): Generator<string[], undefined> =>
    rowsOf(sample, isWhole, new CsvRecords(delimiter, hasQuotes));
  const candidates = DELIMITERS.map((delimiter) => {
    const names = rowsBy(delimiter).next().value ?? [];
    const header = headerOf(names);
    return { delimiter, names, header, known: header.layout.size, width: names.length };
  });
  // Whichever makes the most of the first row; where none does, the one that cuts it into the most cells.
  const { delimiter, names, header } = candidates.reduce((a, b) =>
    b.known > a.known || (b.known === a.known && b.width > a.width) ? b : a,
  );
  const keys = names.map(headingKey);
  const isReport = REPORT_HEADINGS.every((heading) => keys.includes(heading));
  const cellsOf = indexedCells(header);
  const [amounts, times]: [string[], string[]] = [[], []];
  let looked = 0;
  for (const fields of rowsBy(delimiter)) {
    looked += 1;
    if (looked === 1) continue;
    amounts.push(...cellsOf(fields, AMOUNTS));
    times.push(...cellsOf(fields, TIMES));
    if (looked > MOST_ROWS) break;
  }
  return {
    delimiter,
    ...detectDecimalMark(amounts, delimiter, !isReport),
    dateForm: detectDateForm(times),
  };
}

const indexedCells = ({ layout }: Header): ((fields: string[], columns: readonly Column[]) => string[]) => {
  const known = new Map<readonly Column[], number[]>();
  return (fields, columns) => {
    const indexes = known.get(columns) ?? columns.flatMap((column) => layout.get(column)?.indexes ?? []);
    known.set(columns, indexes);
    return indexes.map((index) => fields[index]?.trim() ?? '');
  };
};

/** The rows of a sample, as far as it is a CSV. The last of a file that goes on may be cut off: it is the first, or none. */
function* rowsOf(sample: string, isWhole: boolean, reader: CsvRecords): Generator<string[], undefined> {
  let rows = 0;
  try {
    for (const { fields } of reader.read(sample)) {
      rows += 1;
      yield fields;
    }
    if (isWhole || rows === 0) for (const { fields } of reader.end()) yield fields;
  } catch (error) {
    if (!(error instanceof CsvSyntaxError)) throw error;
  }
  return undefined;
}
