import type { ColumnTotals } from '../../orders/order-columns';
import { hasSums } from './report-columns';
import type { ReportContext } from './report-context';
import type { ReportDocument } from './report-document';

/** Rows of a group that are not begun with fewer below its heading, unless it has no more. */
const LEAST_BELOW_HEADING = 2;

/** What is known of a report's table before its first order is read. */
export interface PageCount {
  pages: number;
  /** Rows that its last page leaves free. */
  freeRows: number;
  groups: number;
}

/** Whether a page with so many free rows has room for a group to begin. */
export const canBegin = (rows: number, free: number): boolean => free > Math.min(rows, LEAST_BELOW_HEADING);

/** Of the rows of orders: lines and other amounts have rows of their own where they are shown. */
export const orderRows = (
  of: { orders: number; lines: number; extras: number },
  { includeItems }: Pick<ReportDocument, 'includeItems'>,
): number => of.orders + (includeItems ? of.lines + of.extras : 0);

/** Currencies whose columns are added up where the table ends. */
export const sumsAtEnd = ({ columns, groupBy, summary }: ReportDocument): ColumnTotals[] =>
  hasSums(columns, groupBy) ? summary.columnTotals : [];

/** Counts the pages of a report's table by its groups alone, each of which is looked at once. */
export async function countPages({ document, layout }: ReportContext): Promise<PageCount> {
  const { summary, groupBy } = document;
  const counter = new PageCounter(layout.page.rowsPerPage);
  let groups = 0;
  if (groupBy === null) counter.addRows(orderRows(summary, document) + summary.removed);
  else {
    for await (const batch of document.groups()) {
      groups += batch.length;
      for (const group of batch) counter.addGroup(orderRows(group, document) + group.totals.length);
    }
    if (summary.removed > 0) counter.addGroup(summary.removed);
  }
  counter.addRows(sumsAtEnd(document).length);
  return { pages: counter.pages, freeRows: counter.free, groups };
}

/** Fills pages with rows of which only the number is known, as `DealtPages` does with those that are printed. */
class PageCounter {
  pages = 0;
  free = 0;

  constructor(private readonly rowsPerPage: number) {}

  addRows(rows: number): void {
    this.add(rows, 0);
  }

  addGroup(rows: number): void {
    if (!canBegin(rows, this.free)) this.startPage();
    this.free -= 1;
    this.add(rows, 1);
  }

  /** @param repeated rows that stand above these on each page on which they go on */
  private add(rows: number, repeated: number): void {
    let left = rows;
    while (left > this.free) {
      left -= this.free;
      this.startPage();
      this.free -= repeated;
    }
    this.free -= left;
  }

  private startPage(): void {
    this.pages += 1;
    this.free = this.rowsPerPage;
  }
}
