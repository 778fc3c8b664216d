import { Injectable } from '@nestjs/common';
import { stringify } from 'csv-stringify/sync';
import type { ReportedOrder } from '../../../orders/reported-order';
import { ReportFormat } from '../report-format';
import { ordersAsText } from '../orders-as-text';
import type { Report, ReportWriter, WriteOptions, WrittenReport } from '../report-writer';
import { type CsvColumns, csvColumns } from './csv-columns';

/** Excel takes a file without it for one in the code page of the machine. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Writes a report as CSV (RFC 4180, UTF-8): a row for each order, or with items a row for each line, which repeats what is of
 * the order. Amounts are exact decimals with the digits of the currency.
 */
@Injectable()
export class CsvReportWriter implements ReportWriter {
  readonly format = ReportFormat.Csv;

  write(report: Report, options: WriteOptions): WrittenReport {
    return { pages: null, content: content(report, options) };
  }
}

async function* content(report: Report, options: WriteOptions): AsyncGenerator<Buffer> {
  const columns = csvColumns(report.parameters);
  const headings = headingsOf(columns, report);
  const toText = textOf(report.parameters.csv, headings.length);
  const rowsOf = rowMaker(columns, report);
  const written = (order: ReportedOrder): string[][] => {
    const rows = rowsOf(order);
    if (rows.length > 0) options.tally.add(order);
    return rows;
  };
  yield Buffer.from(BYTE_ORDER_MARK + toText([headings]));
  yield* ordersAsText(report, options, (batch) => toText(batch.flatMap(written)));
}

const headingsOf = ({ ofOrder, ofLine, change }: CsvColumns, { isDelta }: Report): string[] => [
  ...[...ofOrder, ...ofLine].map(({ heading }) => heading),
  ...(isDelta ? [change] : []),
];

/** Makes the rows of an order. */
function rowMaker(
  { ofOrder, ofLine }: CsvColumns,
  { isDelta, parameters: { includeItems } }: Report,
): (order: ReportedOrder) => string[][] {
  const present = (order: ReportedOrder): string[][] => {
    const row = ofOrder.map(({ cell }) => cell(order));
    return includeItems
      ? order.lines.map((line) => [...row, ...ofLine.map(({ cell }) => cell(line))])
      : [row];
  };
  if (!isDelta) return present;
  /** What is gone has its number alone. */
  const removed = (order: ReportedOrder): string[] => [
    ...ofOrder.map(({ column, cell }) => (column === 'number' ? cell(order) : '')),
    ...ofLine.map(() => ''),
    'removed',
  ];
  return (order) =>
    order.change === 'removed' ? [removed(order)] : present(order).map((row) => [...row, 'updated']);
}

/** In quotes, no part of a text becomes a cell of its own where a spreadsheet of another language separates by it. */
const SEPARATORS = /[,;\t|]/;
/** The same where amounts have a comma: these stay without quotes, as numbers are written. */
const SEPARATORS_OF_TEXT = /^(?!-?\d+,\d+$).*[,;\t|]/s;

function textOf(
  { delimiter, decimalSeparator }: Report['parameters']['csv'],
  width: number,
): (rows: string[][]) => string {
  const options = {
    delimiter,
    record_delimiter: 'windows',
    quoted_match: decimalSeparator === ',' ? SEPARATORS_OF_TEXT : SEPARATORS,
    // A row of nothing is a blank line, which readers skip.
    quoted_empty: width === 1,
  } as const;
  return (rows) => stringify(rows, options);
}
