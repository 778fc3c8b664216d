import type { CurrencyTotal } from '../../orders/order-summary';
import { Markup, markup } from './markup';
import { HEAD_HEIGHT, MARGIN, ROW_HEIGHT, RUNNING_HEIGHT } from './page-geometry';
import type { PageCount } from './page-count';
import type { ReportContext } from './report-context';
import { SalesTables } from './sales-table';
import type { TextWriter } from './text-writer';

/** Rows of orders that its heading and its column headings take the room of. */
const HEADING_ROWS = 4;

/** The grand total of each currency, where a report ends. */
export interface GrandTotal {
  /** What stands below the last orders: all of it or, where there is no room for that, nothing. */
  below: readonly CurrencyTotal[];
  /** What stands on pages of its own after them. */
  after: CurrencyTotal[][];
}

export function grandTotal(
  totals: readonly CurrencyTotal[],
  { freeRows }: Pick<PageCount, 'freeRows'>,
  rowsPerPage: number,
): GrandTotal {
  if (totals.length + HEADING_ROWS <= freeRows) return { below: totals, after: [] };
  const perPage = rowsPerPage - HEADING_ROWS;
  return {
    below: [],
    after: Array.from({ length: Math.ceil(totals.length / perPage) }, (_, page) =>
      totals.slice(page * perPage, (page + 1) * perPage),
    ),
  };
}

/** @param rows of orders that stand above it on its page */
export function grandTotalTable(
  totals: readonly CurrencyTotal[],
  rows: number,
  context: ReportContext,
  text: TextWriter,
): Markup {
  const above = rows === 0 ? 0 : HEAD_HEIGHT + rows * ROW_HEIGHT;
  const tables = new SalesTables(context, text);
  const table = tables.table(
    'currency',
    totals.map((total) => tables.row('group', total.currency, total)),
  );
  return markup`<div class="grand" style="top:${MARGIN.top + RUNNING_HEIGHT + above}px">
    <h2>${text.words(context.messages.text('grand_total'))}</h2>
    ${table}
  </div>`;
}
