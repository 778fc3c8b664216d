import { ReportChangedError } from './render-errors';
import { ReportDocument, ReportOrder } from './report-document';
import { ReportFormats } from './report-formats';
import { ReportRow, rowsOf } from './order-rows';
import { ROWS_PER_PAGE } from './page-geometry';

export interface OrderPage {
  rows: ReportRow[];
  /** Number of the order whose rows began on the page before, if any. */
  continued: string | null;
}

type Counted = Pick<ReportDocument, 'summary' | 'includeItems'>;

/** Printed rows of a whole report, known before the first order is read. */
function rowCount({ summary, includeItems }: Counted): number {
  return summary.orders + summary.removed + (includeItems ? summary.lines + summary.extras : 0);
}

export function orderPageCount(document: Counted): number {
  return Math.ceil(rowCount(document) / ROWS_PER_PAGE);
}

/** Rows that the last page of orders leaves free. */
export function freeRows(document: Counted): number {
  return orderPageCount(document) * ROWS_PER_PAGE - rowCount(document);
}

/**
 * Deals the rows of the orders onto pages, each row once, each page but the last full.
 *
 * @throws ReportChangedError when they are not as many as the summary says
 */
export async function* orderPages(
  document: ReportDocument,
  formats: ReportFormats,
): AsyncGenerator<OrderPage> {
  const expected = rowCount(document);
  let seen = 0;
  let page: OrderPage = { rows: [], continued: null };
  for await (const batch of document.orders) {
    for (const row of rowsOfBatch(batch, formats, document.includeItems)) {
      if (page.rows.length === ROWS_PER_PAGE) {
        yield page;
        page = { rows: [], continued: row.kind === 'order' ? null : row.orderNumber };
      }
      page.rows.push(row);
      seen += 1;
      if (seen > expected) throw changed(expected);
    }
  }
  if (seen !== expected) throw changed(expected);
  if (page.rows.length > 0) yield page;
}

function* rowsOfBatch(
  batch: ReportOrder[],
  formats: ReportFormats,
  includeItems: boolean,
): Generator<ReportRow> {
  for (const order of batch) yield* rowsOf(order, formats, includeItems);
}

function changed(expected: number): ReportChangedError {
  return new ReportChangedError(`The orders are no longer the ${expected} rows that their summary counted.`);
}
