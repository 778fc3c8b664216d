import { MARGIN, salesColumns } from '../../src/report-requests/rendering/page-geometry';
import type { ReportLayout } from '../../src/report-requests/rendering/report-parts';
import type { TableLayout } from '../../src/report-requests/rendering/table-layout';
import type { Pdf, PdfPage, PdfText } from '../rendering/pdf-reader';

/** A row of orders as it is read: of its cells nothing is known but the text. */
export interface PrintedRow {
  date: string;
  number: string;
  name: string;
  detail: string;
  total: string;
}

/** A table of sales; one that goes on on another page is two. */
export interface PrintedTable {
  /** The heading of its first column: what its rows are groups of. */
  groups: string;
  /** Label, orders, gross, cancelled, refunded, net. */
  rows: string[][];
}

export interface PrintedReport {
  /** Texts of the headline. */
  figures: string[];
  rows: PrintedRow[];
  tables: PrintedTable[];
}

const FIELDS = ['date', 'number', 'name', 'detail', 'total'] as const;
/** Lines below orders that are none. */
const IN_WORDS = /^(Grand total|Texts that end with)/;
/** A page is measured in px, and its PDF in points. */
export const POINTS_PER_PX = 72 / 96;
/** A sign at the edge of its column reaches so far into the gap before it, in px. */
const REACH = 3;
const HEADINGS = ['Orders', 'Gross', 'Cancelled', 'Refunded', 'Net sales'];

/** The pages that are laid out, before they are printed. */
export async function htmlOf(layout: ReportLayout): Promise<string> {
  let html = '';
  for await (const { document } of layout.parts) html += document.body.toString();
  return html;
}

/** What pages say that are laid out. */
export function readHtml(html: string): PrintedReport {
  const tables = matches(html, /<div class="sales">(.*?)<\/table>/gs).map((table) => ({
    groups: plain(matches(table, /<th[^>]*>(.*?)<\/th>/gs)[0] ?? ''),
    rows: matches(table, /<tr[^>]*>(.*?)<\/tr>/gs)
      .slice(1)
      .map(cellsOf),
  }));
  const inTables = matches(html, /<tr class="(?:order|line|extra)">(.*?)<\/tr>/gs).map(cellsOf);
  const inColumns = matches(html, /<div class="columns">(.*?)<\/div>/gs).flatMap((page) => {
    const columns = matches(page, /<pre>\n(.*?)<\/pre>/gs).map((column) => column.split('\n'));
    return columns[0]!.map((_, index) => columns.map((column) => plain(column[index] ?? '')));
  });
  const figures = matches(html, /<dd>(.*?)<\/dd>/gs).map(plain);
  return { figures, rows: [...inTables, ...inColumns].map(toRow), tables };
}

/** What an eye reads on the paper, of a report with the usual columns and English words. */
export function readPages(
  pdf: Pdf,
  direction: 'ltr' | 'rtl',
  { page: geometry, columns }: TableLayout,
): PrintedReport {
  const widthsOfSales = salesColumns(geometry);
  const widths = columns.map(({ width }) => width);
  const figures = linesOf(pdf.pages[0]!).map((line) =>
    inColumns(line, [geometry.contentWidth], 'ltr').join(''),
  );
  const report: PrintedReport = { figures, rows: [], tables: [] };
  for (const page of pdf.pages) {
    let reading: 'orders' | 'sales' | undefined;
    // Without the footer.
    for (const line of linesOf(page).slice(0, -1)) {
      const cells = inColumns(line, widths, direction);
      const sales = inColumns(line, widthsOfSales, direction);
      if (cells[0] === 'Date' && cells[4] === 'Total') reading = 'orders';
      else if (sales[0] !== '' && HEADINGS.every((heading, index) => sales[index + 1] === heading)) {
        reading = 'sales';
        report.tables.push({ groups: sales[0]!, rows: [] });
      } else if (reading === 'sales' && sales[5] !== '') report.tables.at(-1)!.rows.push(sales);
      else if (reading === 'orders' && !IN_WORDS.test(cells.join(''))) report.rows.push(toRow(cells));
      else reading = undefined;
    }
  }
  return report;
}

const toRow = (cells: string[]): PrintedRow =>
  Object.fromEntries(FIELDS.map((field, index) => [field, cells[index] ?? ''])) as unknown as PrintedRow;

const cellsOf = (row: string): string[] => matches(row, /<td[^>]*>(.*?)<\/td>/gs).map(plain);

export const matches = (text: string, pattern: RegExp): string[] =>
  Array.from(text.matchAll(pattern), ([, found]) => found ?? '');

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' };

export const plain = (html: string): string =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(/&([^;]+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
    .trim();

function linesOf(page: PdfPage): PdfText[][] {
  const lines: { y: number; items: PdfText[] }[] = [];
  // Most texts of a line are at the same height.
  const lineAt = new Map<number, (typeof lines)[number]>();
  for (const item of page.items) {
    let line = lineAt.get(item.y) ?? lines.find(({ y }) => Math.abs(y - item.y) < 3);
    if (line === undefined) lines.push((line = { y: item.y, items: [] }));
    lineAt.set(item.y, line);
    line.items.push(item);
  }
  // Marks above letters have no text of their own, and may stand so high that they would be a line.
  const isText = ({ text }: PdfText): boolean => /[^\s\0]/.test(text);
  return lines
    .filter(({ items }) => items.some(isText))
    .sort((one, other) => other.y - one.y)
    .map(({ items }) => items);
}

/** The texts of a line by the columns in which they stand; columns run from the side where reading begins. */
export function inColumns(line: PdfText[], widths: readonly number[], direction: 'ltr' | 'rtl'): string[] {
  const cells: PdfText[][] = widths.map(() => []);
  for (const item of line) {
    const middle = (item.x + item.width / 2) / POINTS_PER_PX - MARGIN.side;
    const total = widths.reduce((sum, width) => sum + width, 0);
    let from = (direction === 'ltr' ? middle : total - middle) + REACH;
    const column = widths.findIndex((width) => (from -= width) < 0);
    // None: it reaches beyond the last.
    cells.at(column)?.push(item);
  }
  return cells.map((items) =>
    items
      .sort((one, other) => one.x - other.x)
      .map(({ text }) => text)
      .join('')
      .trim(),
  );
}
