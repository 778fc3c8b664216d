import type { ColumnTotals } from '../../../orders/order-columns';
import type { ReportedGroup } from '../../../orders/reported-group';
import type { ReportedOrder } from '../../../orders/reported-order';
import type { ReportMessages } from '../../messages/report-messages';
import { nameOfGroup } from '../../rendering/group-name';
import { reportFormats } from '../../rendering/report-formats';
import type { Report, WriteOptions } from '../report-writer';
import type { CellValues } from './cell-values';
import type { CellStyle, SheetRow } from './sheet';
import { placeOfNames, type SheetColumn, sheetColumns } from './sheet-columns';

/** Of a batch, about: the process does nothing else while one is made. */
const ROWS_AT_ONCE = 500;

const HEADING: CellStyle = { isBold: true, rule: 'below' };
const FIGURE_HEADING: CellStyle = { ...HEADING, isRightAligned: true };
const GROUP: CellStyle = { isBold: true };
const SUM: CellStyle = { isBold: true, rule: 'above' };

/** A row of orders, and what stands again above it where a sheet begins with it. */
export interface OrderRow extends SheetRow {
  continued: SheetRow | null;
}

/** The rows of a report's orders: groups with what they come to, orders with their lines, and the sums of all. */
export class OrderRows {
  readonly columns: readonly SheetColumn[];
  readonly headings: SheetRow;
  /** Of the column in which sums have their names. */
  private readonly namesAt: number;
  private readonly nameOf: (group: ReportedGroup) => string;

  constructor(
    private readonly report: Report,
    private readonly options: WriteOptions,
    private readonly messages: ReportMessages,
    private readonly values: CellValues,
  ) {
    this.columns = sheetColumns(report, messages, values);
    this.namesAt = placeOfNames(this.columns);
    this.headings = {
      cells: this.columns.map(({ heading, isFigure }) =>
        values.text(heading, isFigure ? FIGURE_HEADING : HEADING),
      ),
      level: 0,
    };
    const { groupBy, locale, timeZone } = report.parameters;
    const formats = reportFormats(locale, timeZone);
    this.nameOf = (group) => nameOfGroup(group, groupBy, formats, messages);
  }

  /**
   * Batches of rows, made only as fast as they are consumed.
   *
   * @throws the signal's reason when it is aborted
   */
  async *ofOrders(): AsyncGenerator<OrderRow[]> {
    const { snapshot } = this.report;
    const { orders, removed } = snapshot.summary;
    const groups = oneByOne(snapshot.groups());
    let group = null as OpenGroup | null;
    let read = 0;
    for await (const batch of snapshot.orders()) {
      this.options.signal.throwIfAborted();
      let rows: OrderRow[] = [];
      for (const order of batch) {
        const key = order.group ?? null;
        if (key !== (group?.key ?? null)) {
          if (group !== null) rows.push(...group.sums);
          group = key === null ? null : this.open((await groups.next()).value, key);
          if (group !== null) rows.push(group.heading);
        }
        for (const row of this.rowsOf(order, group?.continued ?? null)) {
          rows.push(row);
          if (rows.length < ROWS_AT_ONCE) continue;
          yield rows;
          rows = [];
        }
      }
      read += batch.length;
      this.options.onProgress(read / (orders + removed));
      yield rows;
    }
    if (group !== null) yield group.sums;
    this.options.onProgress(1);
  }

  /** What all orders come to, by currency. */
  ofAll(): SheetRow[] {
    const { orders, columnTotals } = this.report.snapshot.summary;
    return this.sums(this.messages.text('all_orders'), orders, columnTotals);
  }

  private open(group: ReportedGroup | undefined, key: string): OpenGroup {
    if (group?.key !== key) throw new Error('The groups do not come in the order of the orders.');
    const name = this.nameOf(group);
    const continued = this.named(this.messages.text('continued', { of: name }));
    const total = this.messages.text('group_total', { group: name });
    return {
      key,
      heading: { ...this.named(name), continued: null },
      continued,
      sums: this.sums(total, group.orders, group.totals).map((row) => ({ ...row, continued })),
    };
  }

  private named(name: string): SheetRow {
    return { cells: [this.values.text(name, GROUP)], level: 0 };
  }

  private *rowsOf(order: ReportedOrder, continued: SheetRow | null): Generator<OrderRow> {
    const level = continued === null ? 0 : 1;
    const isGone = order.change === 'removed';
    const cells = this.columns.map((column) => (isGone ? column.ofRemoved(order) : column.ofOrder(order)));
    yield { cells, level, continued };
    for (const line of order.lines)
      yield { cells: this.columns.map((column) => column.ofLine(line, order)), level: level + 1, continued };
    this.options.tally.add(order);
  }

  /** A row for each currency, which it names where there are several; without amounts to add up, one that says how many orders they are. */
  private sums(name: string, orders: number, totals: readonly ColumnTotals[]): SheetRow[] {
    if (this.columns.every(({ amount }) => amount === null)) return [this.sum(name, orders, null)];
    return totals.map((total) =>
      this.sum(totals.length > 1 ? `${name} · ${total.currency}` : name, total.orders, total),
    );
  }

  private sum(name: string, orders: number, total: ColumnTotals | null): SheetRow {
    const label = `${name} · ${this.messages.text('order_count', { count: orders })}`;
    const cells = this.columns.map(({ amount }, index) => {
      if (index === this.namesAt) return this.values.text(label, SUM);
      if (total === null) return null;
      if (amount !== null) return this.values.money(total.amounts[amount], total.currency, SUM);
      return null;
    });
    return { cells, level: 0 };
  }
}

interface OpenGroup {
  key: string;
  heading: OrderRow;
  continued: SheetRow;
  sums: OrderRow[];
}

async function* oneByOne<T>(batches: AsyncIterable<T[]>): AsyncGenerator<T, undefined> {
  for await (const batch of batches) yield* batch;
  return undefined;
}
