import { Markup, markup } from './markup';
import { HEAD_HEIGHT, PAGE, ROW_HEIGHT, ROWS_PER_PAGE, RUNNING_HEIGHT } from './page-geometry';
import { freeRows } from './pagination';
import { ReportDocument, ReportFigures } from './report-document';
import { ReportFormats } from './report-formats';
import { salesRow, salesTable } from './sales-table';
import { TextWriter } from './text-writer';

/** Rows of orders that its heading and its column headings take the room of. */
const HEADING_ROWS = 4;

/** The grand total of each currency, where a report ends. */
export interface GrandTotal {
  /** What stands below the last orders: all of it or, where there is no room for that, nothing. */
  below: ReportFigures[];
  /** What stands on pages of its own after them. */
  after: ReportFigures[][];
}

export function grandTotal(document: Pick<ReportDocument, 'summary' | 'includeItems'>): GrandTotal {
  const { totals } = document.summary;
  if (totals.length + HEADING_ROWS <= freeRows(document)) return { below: totals, after: [] };
  const perPage = ROWS_PER_PAGE - HEADING_ROWS;
  return {
    below: [],
    after: Array.from({ length: Math.ceil(totals.length / perPage) }, (_, page) =>
      totals.slice(page * perPage, (page + 1) * perPage),
    ),
  };
}

/** @param rows of orders that stand above it on its page */
export function grandTotalTable(
  totals: readonly ReportFigures[],
  rows: number,
  formats: ReportFormats,
  text: TextWriter,
): Markup {
  const above = rows === 0 ? 0 : HEAD_HEIGHT + rows * ROW_HEIGHT;
  const table = salesTable(
    'Currency',
    totals.map((total) => salesRow('group', total.currency, total, formats, text)),
  );
  return markup`<div class="grand" style="top:${PAGE.top + RUNNING_HEIGHT + above}px">
    <h2>Grand total</h2>
    ${table}
  </div>`;
}
