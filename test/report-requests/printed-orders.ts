import {
  HEAD_HEIGHT,
  MARGIN,
  ROW_HEIGHT,
  RUNNING_HEIGHT,
} from '../../src/report-requests/rendering/page-geometry';
import { messagesOf } from '../../src/report-requests/messages/message-files';
import type { TableLayout } from '../../src/report-requests/rendering/table-layout';
import type { Pdf, PdfText } from '../rendering/pdf-reader';
import { inColumns, matches, plain, POINTS_PER_PX } from './printed-report';

/** Of headings that stand again on the next page: the word, since from right to left it is not always after the name. */
const REPEATED = /continued/;
const GRAND_TOTAL = 'Grandtotal';

/**
 * The table of orders of pages that are laid out, with English words: a text for each column. What stands across some of them
 * is in the first of these.
 */
export function ordersOfHtml(html: string, layout: TableLayout): string[][] {
  const inTables = matches(html, /<div class="orders(?: items)?">(.*?)<\/table>/gs)
    .flatMap((table) => matches(table, /<tr class="[^"]*">(.*?)<\/tr>/gs))
    .map(cellsAcross);
  const inColumns = matches(html, /<div class="columns">(.*?)<\/div>/gs).flatMap((page) =>
    rowsOfColumns(page, layout),
  );
  return [...inTables, ...inColumns].filter(isNew);
}

/** The same as an eye reads it on paper. No row of it may be blank. */
export function ordersOfPages(
  pdf: Pdf,
  direction: 'ltr' | 'rtl',
  { page: geometry, columns }: TableLayout,
): string[][] {
  const widths = columns.map(({ width }) => width);
  const headings = columns.map(({ heading }) => messagesOf('en')[heading]);
  const top = MARGIN.top + RUNNING_HEIGHT;
  const rows: string[][] = [];
  for (const { size, items } of pdf.pages) {
    const byRow = new Map<number, PdfText[]>();
    for (const item of items) {
      const from = (size[1] - item.y) / POINTS_PER_PX - top;
      const row =
        from < HEAD_HEIGHT
          ? Math.floor(from / HEAD_HEIGHT)
          : Math.floor((from - HEAD_HEIGHT) / ROW_HEIGHT) + 1;
      byRow.set(row, [...(byRow.get(row) ?? []), item]);
    }
    const rowAt = (row: number): string[] => inColumns(byRow.get(row) ?? [], widths, direction);
    if (rowAt(0).join('|') !== headings.join('|')) continue;
    for (let row = 1; row <= geometry.rowsPerPage; row += 1) {
      const cells = rowAt(row);
      if (cells.join('').replace(/\s/g, '') === GRAND_TOTAL) break;
      if (cells.some((cell) => cell !== '')) rows.push(cells);
    }
  }
  return rows.filter(isNew);
}

const isNew = (cells: string[]): boolean => !REPEATED.test(cells.join(''));

const cellsAcross = (row: string): string[] =>
  Array.from(row.matchAll(/<t[dh]([^>]*)>(.*?)<\/t[dh]>/gs), ([, attributes = '', content = '']) => {
    const across = Number(/colspan="(\d+)"/.exec(attributes)?.[1] ?? 1);
    return [plain(content), ...Array<string>(across - 1).fill('')];
  }).flat();

/** Names stand over the columns, in texts of their own. */
function rowsOfColumns(page: string, { names }: TableLayout): string[][] {
  const texts = (kind: RegExp): string[][] =>
    matches(page, kind).map((text) => text.split('\n').map((line) => plain(line)));
  const columns = texts(/<pre>\n(.*?)<\/pre>/gs);
  const [headings = []] = texts(/<pre class="heading">\n(.*?)<\/pre>/gs);
  const [sums = []] = texts(/<pre class="sum">\n(.*?)<\/pre>/gs);
  return columns[0]!.map((_, row) => {
    const cells = columns.map((column) => column[row] ?? '');
    if (headings[row]) cells[0] = headings[row];
    if (sums[row]) cells[names.first] = sums[row];
    return cells;
  });
}
