import { parse } from 'csv-parse/sync';
import { sumDecimals } from '../../src/common/decimal';
import { type AmountColumn, isAmountColumn, type OrderColumn } from '../../src/orders/order-columns';
import type { CurrencyTotal } from '../../src/orders/order-summary';
import { ReportFormat } from '../../src/report-requests/formats/report-format';
import { columnsOf } from '../../src/report-requests/formats/report-parameters';
import type { Report } from '../../src/report-requests/formats/report-writer';
import { messagesOf } from '../../src/report-requests/messages/message-files';
import { hasSums } from '../../src/report-requests/rendering/report-columns';
import type { TableLayout } from '../../src/report-requests/rendering/table-layout';
import { localizedNumbers } from '../support/localized-numbers';
import type { PrintedTable } from './printed-report';
import { CURRENCIES } from './random-books';
import { readWorkbook } from './workbook-reader';

/** An order of a report, as it was written. */
export interface KnownOrder {
  number: string;
  /** Of a delta: there is nothing of it but its number. */
  isGone: boolean;
  group: string | null;
  currency: string;
  lines: number;
  /** Amounts besides its lines that are not 0. */
  extras: number;
  amounts: Record<AmountColumn, string>;
}

/** Orders one after the other that are of a group, or of none. */
export interface Section {
  group: string | null;
  orders: KnownOrder[];
}

/** What a file says that some orders come to. */
export interface ReadSum {
  of: KnownOrder[];
  /** How many they are; `null` where that is not read. */
  orders: number | null;
  /** Of the columns that are shown. */
  amounts: string[];
}

/** What a file says, its amounts as plain decimals with all their digits. */
export interface FileReading {
  format: ReportFormat;
  /** Columns of amounts that it shows. */
  columns: AmountColumn[];
  /** Of each order, in its order; none where they are not shown. */
  numbers: string[];
  /** Of each order, in its order; '' of one that is gone. */
  amounts: string[][];
  /** Below each group by currency, then those of all. */
  sums: ReadSum[];
  /** `null` of a format that has none. */
  grandTotals: CurrencyTotal[] | null;
}

export function sectionsOf(orders: readonly KnownOrder[]): Section[] {
  const sections: Section[] = [];
  for (const order of orders) {
    const last = sections.at(-1);
    if (last?.group === order.group) last.orders.push(order);
    else sections.push({ group: order.group, orders: [order] });
  }
  return sections;
}

/** Those of each currency, sorted by it. */
export function byCurrency(orders: readonly KnownOrder[]): KnownOrder[][] {
  const there = orders.filter(({ isGone }) => !isGone);
  const currencies = [...new Set(there.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => there.filter((order) => order.currency === currency));
}

const ordersIn = (sections: readonly Section[]): KnownOrder[] => sections.flatMap(({ orders }) => orders);

const ENGLISH = messagesOf('en');

export function readCsv(file: Buffer, report: Report, sections: Section[]): FileReading {
  const { csv, includeItems } = report.parameters;
  const [, ...rows]: string[][] = parse(file, { bom: true, delimiter: csv.delimiter });
  const { heads } = dealt(rows, sections, {
    hasHeading: () => false,
    // What is of the order stands again beside each of its lines.
    rowsBelow: ({ lines }) => (includeItems ? lines - 1 : 0),
    sumsOf: () => [],
    hasSumsAtEnd: false,
  });
  const columns = columnsOf(report.parameters, ReportFormat.Csv);
  return {
    ...ordersOf(ReportFormat.Csv, report, heads, (row, column) =>
      (row[columns.indexOf(column)] ?? '').replace(csv.decimalSeparator, '.'),
    ),
    sums: [],
    grandTotals: null,
  };
}

export function readNdjson(file: Buffer, report: Report, sections: Section[]): FileReading {
  const lines = file.toString().split('\n').slice(0, -1);
  const orders = ordersIn(sections);
  expect(lines).toHaveLength(orders.length);
  const heads = lines.map((line, index) => ({
    row: JSON.parse(line) as Partial<Record<OrderColumn, string>>,
    order: orders[index]!,
  }));
  return {
    ...ordersOf(ReportFormat.Ndjson, report, heads, (row, column) => row[column] ?? ''),
    sums: [],
    grandTotals: null,
  };
}

/** As another reader understands the file. */
export async function readXlsx(file: Buffer, report: Report, sections: Section[]): Promise<FileReading> {
  const [summary, table] = (await readWorkbook(file)).sheets.map(({ rows }): unknown[][] => rows);
  const [headings = [], ...rows] = table!;
  const { locale, includeItems } = report.parameters;
  const columns = columnsOf(report.parameters, ReportFormat.Xlsx).filter(isAmountColumn);
  const { heads, sums } = dealt(rows, sections, {
    hasHeading: ({ group }) => group !== null,
    rowsBelow: ({ lines }) => (includeItems ? lines : 0),
    // Without amounts there is nothing to add up by currency.
    sumsOf: (orders) => (columns.length > 0 ? byCurrency(orders) : [orders.filter(({ isGone }) => !isGone)]),
    hasSumsAtEnd: true,
  });
  const cell = (row: unknown[], column: OrderColumn, currency: string): string => {
    const value = row[headings.indexOf(ENGLISH[column])];
    return isAmountColumn(column) ? exact(value, currency) : String(value);
  };
  const currencies = byCurrency(ordersIn(sections)).length;
  const from = summary!.findIndex(
    ([first, second]) => first === ENGLISH.currency && second === ENGLISH.orders,
  );
  return {
    ...ordersOf(ReportFormat.Xlsx, report, heads, (row, column, { currency }) => cell(row, column, currency)),
    sums: sums.map(({ row, of }) => ({
      of,
      orders: countIn(
        row.find((value) => typeof value === 'string' && value.includes(' · ')) as string,
        locale,
      ),
      amounts: columns.map((column) => cell(row, column, of[0]!.currency)),
    })),
    grandTotals: summary!.slice(from + 1, from + 1 + currencies).map(([currency, orders, ...amounts]) => {
      const [gross, cancelled, refunded, net] = amounts.map((value) => exact(value, String(currency)));
      return { currency, orders, gross, cancelled, refunded, net } as CurrencyTotal;
    }),
  };
}

/** What stands on pages, in English words. */
export interface PrintedTexts {
  /** Of orders, with a text for each column. */
  rows: string[][];
  tables: PrintedTable[];
  /** Whether it is read from paper, where not every reader puts the name of a sum together again. */
  isPaper: boolean;
}

export function readPrint(
  { rows, tables, isPaper }: PrintedTexts,
  report: Report,
  sections: Section[],
  { columns: placed, names }: TableLayout,
): FileReading {
  const { locale, groupBy, includeItems } = report.parameters;
  const columns = columnsOf(report.parameters, ReportFormat.Pdf);
  const { heads, sums } = dealt(rows, sections, {
    hasHeading: () => groupBy !== null,
    rowsBelow: ({ lines, extras }) => (includeItems ? lines + extras : 0),
    sumsOf: byCurrency,
    hasSumsAtEnd: hasSums(columns, groupBy),
  });
  const cell = (row: string[], column: OrderColumn, currency: string): string => {
    const text = row[placed.findIndex(({ name }) => name === column)] ?? '';
    return isAmountColumn(column) ? localizedNumbers(locale, currency).read(text) : text;
  };
  const currencies = byCurrency(ordersIn(sections)).length;
  const ofCurrencies = tables
    .filter(({ groups }) => groups === ENGLISH.currency)
    .flatMap((table) => table.rows);
  return {
    ...ordersOf(ReportFormat.Pdf, report, heads, (row, column, { currency }) => cell(row, column, currency)),
    sums: sums.map(({ row, of }) => ({
      of,
      orders: isPaper ? null : countIn(row[names.first]!, locale),
      amounts: columns.filter(isAmountColumn).map((column) => cell(row, column, of[0]!.currency)),
    })),
    grandTotals: ofCurrencies
      .slice(ofCurrencies.length - currencies)
      .map(([currency = '', orders = '', ...amounts]) => {
        const [gross, cancelled, refunded, net] = amounts.map((text) =>
          localizedNumbers(locale, currency).read(text),
        );
        return {
          currency,
          orders: Number(localizedNumbers(locale).read(orders)),
          gross,
          cancelled,
          refunded,
          net,
        } as CurrencyTotal;
      }),
  };
}

interface Form {
  hasHeading: (section: Section) => boolean;
  /** Of an order that is there. */
  rowsBelow: (order: KnownOrder) => number;
  /** Which of some orders are added up, each with a row. */
  sumsOf: (orders: readonly KnownOrder[]) => KnownOrder[][];
  hasSumsAtEnd: boolean;
}

interface Dealt<T> {
  heads: { row: T; order: KnownOrder }[];
  sums: { row: T; of: KnownOrder[] }[];
}

/** Which row is whose, where each stands in its place and none besides. */
function dealt<T>(rows: readonly T[], sections: Section[], form: Form): Dealt<T> {
  const heads: Dealt<T>['heads'] = [];
  const sums: Dealt<T>['sums'] = [];
  let taken = 0;
  const take = (): T => {
    if (taken === rows.length) throw new Error('The file has too few rows.');
    return rows[taken++]!;
  };
  for (const section of sections) {
    if (form.hasHeading(section)) take();
    for (const order of section.orders) {
      heads.push({ row: take(), order });
      const below = order.isGone ? 0 : form.rowsBelow(order);
      for (let row = 0; row < below; row += 1) take();
    }
    if (section.group !== null) for (const of of form.sumsOf(section.orders)) sums.push({ row: take(), of });
  }
  if (form.hasSumsAtEnd) for (const of of form.sumsOf(ordersIn(sections))) sums.push({ row: take(), of });
  if (taken < rows.length) throw new Error('The file has too many rows.');
  return { heads, sums };
}

function ordersOf<T>(
  format: ReportFormat,
  { parameters }: Report,
  heads: Dealt<T>['heads'],
  cell: (row: T, column: OrderColumn, order: KnownOrder) => string,
): Pick<FileReading, 'format' | 'columns' | 'numbers' | 'amounts'> {
  const shown = columnsOf(parameters, format);
  const columns = shown.filter(isAmountColumn);
  return {
    format,
    columns,
    numbers: shown.includes('number') ? heads.map(({ row, order }) => cell(row, 'number', order)) : [],
    amounts: heads.map(({ row, order }) =>
      columns.map((column) => (order.isGone ? '' : cell(row, column, order))),
    ),
  };
}

/** A cell's amount, which is a number or, where that would not keep its digits, a text. */
function exact(value: unknown, currency: string): string {
  if (typeof value === 'string') return value;
  const zero = (0).toFixed(CURRENCIES[currency]);
  return sumDecimals([String(value), zero]);
}

/** In the name of a sum: `Total C-1 · EUR · 3 orders`. */
const countIn = (name: string, locale: string): number =>
  Number(localizedNumbers(locale).read(name.slice(name.lastIndexOf('·') + 1)));
