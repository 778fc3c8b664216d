import { reportMessages } from '../../messages/report-messages';
import { directionOf } from '../../rendering/text-direction';
import type { Report, WriteOptions } from '../report-writer';
import { CellValues } from './cell-values';
import { type OrderRow, OrderRows } from './order-rows';
import type { Sheet, SheetRow } from './sheet';
import { SheetNames } from './sheet-names';
import { SUMMARY_WIDTHS, summaryRows } from './summary-rows';

/** Of a sheet; no program opens more. */
const MOST_ROWS = 1_048_576;

/**
 * The sheets of a report: a summary, then the orders, on as many as they need.
 *
 * @param mostRows of a sheet
 */
export async function* reportSheets(
  report: Report,
  options: WriteOptions,
  mostRows = MOST_ROWS,
): AsyncGenerator<Sheet> {
  const { locale, timeZone, labels, paper, groupBy, includeItems } = report.parameters;
  const messages = reportMessages(locale, labels);
  const values = new CellValues(locale, timeZone);
  const names = new SheetNames();
  const shared = { direction: directionOf(locale), paper };
  yield {
    ...shared,
    name: names.next(messages.text('summary')),
    widths: SUMMARY_WIDTHS,
    levels: 0,
    headings: null,
    rows: oneBatch(summaryRows(report, messages, values)),
    sums: () => Promise.resolve([]),
  };
  const orders = new OrderRows(report, options, messages, values);
  const sums = orders.ofAll();
  const left = new RemainingRows(orders.ofOrders());
  try {
    do {
      yield {
        ...shared,
        name: names.next(messages.text('sheet_orders')),
        widths: orders.columns.map(({ width }) => width),
        levels: Number(groupBy !== null) + Number(includeItems),
        headings: orders.headings,
        // The last of the sheets has the sums; which one that is comes out at its end.
        rows: rowsOfSheet(left, mostRows - 1 - sums.length),
        sums: async () => ((await left.first()) === undefined ? sums : []),
      };
    } while ((await left.first()) !== undefined);
  } finally {
    await left.close();
  }
}

async function* oneBatch(rows: readonly SheetRow[]): AsyncGenerator<readonly SheetRow[]> {
  yield await Promise.resolve(rows);
}

async function* rowsOfSheet(left: RemainingRows, room: number): AsyncGenerator<readonly SheetRow[]> {
  let free = room;
  const continued = (await left.first())?.continued ?? null;
  if (continued !== null) {
    free -= 1;
    yield [continued];
  }
  while (free > 0 && (await left.first()) !== undefined) {
    const rows = left.take(free);
    free -= rows.length;
    yield rows;
  }
}

/** Rows in batches, of which no more are taken than there is room for. */
class RemainingRows {
  private rows: readonly OrderRow[] = [];

  constructor(private readonly batches: AsyncGenerator<OrderRow[]>) {}

  /** The next of them, which stays; `undefined` after the last. */
  async first(): Promise<OrderRow | undefined> {
    while (this.rows.length === 0) {
      const next = await this.batches.next();
      if (next.done) return undefined;
      this.rows = next.value;
    }
    return this.rows[0];
  }

  take(most: number): readonly OrderRow[] {
    const taken = this.rows.slice(0, most);
    this.rows = this.rows.slice(most);
    return taken;
  }

  async close(): Promise<void> {
    await this.batches.return(undefined);
  }
}
