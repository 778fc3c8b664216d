import { amountOf, type ColumnTotals, isAmountColumn } from '../../orders/order-columns';
import type { ReportedGroup } from '../../orders/reported-group';
import type { ReportedOrder } from '../../orders/reported-order';
import type { MessageKey } from '../messages/message-files';
import { nameOfGroup } from './group-name';
import { HOSTS, LINE_PARTS, type LinePart, type ReportColumn } from './report-columns';
import type { ReportContext } from './report-context';
import { SLOT } from './text-writer';

/**
 * A printed row of an order. Its lines and extras stand below it. What is in the column of totals adds up to its total; what
 * only is a fact about it (tax that the prices contain, a refund) is in the column of quantities.
 */
export interface OrderRow {
  kind: 'order' | 'line' | 'extra';
  orderNumber: string;
  /** `null` of one that is gone. */
  orderedAt: Date | null;
  /** A text for each column. */
  cells: readonly string[];
}

/** A printed row that says what others are: the heading of a group, or what some orders of a currency come to. */
export interface NamedRow {
  kind: 'heading' | 'continued' | 'sum';
  /** Our words, with `SLOT` where the name is. */
  words: string;
  /** Somebody's. */
  name: string;
  cells: readonly string[];
}

export type ReportRow = OrderRow | NamedRow;

/** The heading of a group. */
export interface Heading {
  row: NamedRow;
  /** Stands above what goes on on the next page. */
  continued: NamedRow;
  title: string;
}

type Cell = (order: ReportedOrder) => string;

/** Makes the rows of one report. */
export class ReportRows {
  private readonly columns: readonly ReportColumn[];
  private readonly cells: Cell[];
  private readonly places: Record<LinePart, number>;
  private readonly statuses = new Map<string, string>();
  private counted: { orders: number; words: string } | undefined;
  private readonly continued: string;
  private readonly total: string;

  constructor(private readonly context: ReportContext) {
    const { layout, messages } = context;
    const { columns } = layout;
    this.columns = columns;
    this.continued = messages.text('continued', { of: SLOT });
    this.total = messages.text('group_total', { group: SLOT });
    this.cells = columns.map((column) => this.cellOf(column));
    this.places = Object.fromEntries(LINE_PARTS.map((part) => [part, this.placeOf(part)])) as Record<
      LinePart,
      number
    >;
  }

  /** Of one order: itself and, with items, each of its lines, and each other amount that is not 0. */
  ofOrder(order: ReportedOrder): OrderRow[] {
    const isGone = order.change === 'removed';
    // No object is spread into a row: that would cost forty times the time and fifteen times the memory.
    const head: OrderRow = {
      kind: 'order',
      orderNumber: order.number,
      orderedAt: isGone ? null : order.orderedAt,
      cells: this.cells.map((cell) => cell(order)),
    };
    if (isGone || !this.context.document.includeItems) return [head];
    const { formats } = this.context;
    const lines = order.lines.map((line) =>
      this.part(order, 'line', {
        sku: line.sku,
        description: line.description,
        quantity: `${formats.quantity(line.quantity)} × ${formats.unitPrice(line.unitPrice, order.currency)}`,
        line_total: formats.money(line.total, order.currency),
      }),
    );
    return [head, ...lines, ...this.extrasOf(order)];
  }

  /** Above and below the orders of a group. */
  ofGroup(group: ReportedGroup): { heading: Heading; sums: NamedRow[] } {
    const { document, formats, messages } = this.context;
    const name = nameOfGroup(group, document.groupBy, formats, messages);
    const count = this.count(group.orders);
    return {
      heading: {
        row: { kind: 'heading', words: `${SLOT} · ${count}`, name, cells: [] },
        continued: { kind: 'continued', words: this.continued, name, cells: [] },
        title: name,
      },
      sums: this.sums(this.total, name, group.totals),
    };
  }

  /** Above what is gone, which stands behind the last group and is in none. */
  headingOfRemoved(): Heading {
    const name = this.context.messages.text('removed');
    return {
      row: { kind: 'heading', words: SLOT, name, cells: [] },
      continued: { kind: 'continued', words: this.continued, name, cells: [] },
      title: name,
    };
  }

  /** Where the orders end. */
  sumsOfAll(totals: readonly ColumnTotals[]): NamedRow[] {
    return this.sums(this.context.messages.text('all_orders'), '', totals);
  }

  private sums(words: string, name: string, totals: readonly ColumnTotals[]): NamedRow[] {
    return totals.map(({ currency, orders, amounts }) => ({
      kind: 'sum',
      words: [words, ...(totals.length > 1 ? [currency] : []), this.count(orders)].join(' · '),
      name,
      cells: this.columns.map(({ name: column }) =>
        isAmountColumn(column) ? this.context.formats.money(amounts[column], currency) : '',
      ),
    }));
  }

  /** The same is said above and below a group, and counts are costly to write. */
  private count(orders: number): string {
    if (this.counted?.orders !== orders)
      this.counted = { orders, words: this.context.messages.text('order_count', { count: orders }) };
    return this.counted.words;
  }

  private cellOf({ name }: ReportColumn): Cell {
    const { formats, messages } = this.context;
    const unlessGone =
      (cell: Cell): Cell =>
      (order) =>
        order.change === 'removed' ? '' : cell(order);
    switch (name) {
      case 'number':
        return (order) => order.number;
      case 'change':
        return (order) => messages.text(order.change === 'removed' ? 'removed' : 'updated');
      case 'ordered_at':
        return unlessGone((order) => formats.day(order.orderedAt));
      case 'customer_name':
        return unlessGone((order) => order.customerName);
      case 'customer_reference':
        return unlessGone((order) => order.customerReference ?? '');
      case 'status':
        return unlessGone((order) => this.statusOf(order));
      case 'currency':
        return unlessGone((order) => order.currency);
      case 'line_count':
        return unlessGone((order) => formats.integer(order.lineCount));
      case 'tax_included':
        return unlessGone((order) => messages.text(order.taxIncluded ? 'yes' : 'no'));
      case 'group':
      case 'sku':
      case 'description':
      case 'quantity':
      case 'line_total':
        return () => '';
      default:
        return unlessGone((order) => formats.money(amountOf(order, name), order.currency));
    }
  }

  private statusOf({ status }: ReportedOrder): string {
    let name = this.statuses.get(status);
    if (name === undefined) this.statuses.set(status, (name = this.context.messages.status(status)));
    return name;
  }

  private placeOf(part: LinePart): number {
    const own = this.columns.findIndex(({ name }) => name === part);
    return own >= 0 ? own : this.columns.findIndex(({ name }) => name === HOSTS[part].host);
  }

  private extrasOf(order: ReportedOrder): OrderRow[] {
    const { discountTotal, shippingTotal, taxTotal, taxIncluded, adjustmentTotal, refundedTotal } = order;
    const rows: OrderRow[] = [];
    const add = (label: MessageKey, amount: string, isPart: boolean): void => {
      if (isZero(amount)) return;
      const money = this.context.formats.money(amount, order.currency);
      const place = isPart ? 'line_total' : 'quantity';
      rows.push(
        this.part(order, 'extra', { description: this.context.messages.text(label), [place]: money }),
      );
    };
    add('discount_total', negative(discountTotal), true);
    add('shipping_total', shippingTotal, true);
    if (taxIncluded) add('tax_included_row', taxTotal, false);
    else add('tax_total', taxTotal, true);
    add('adjustment_total', adjustmentTotal, true);
    add('refunded_total', refundedTotal, false);
    return rows;
  }

  private part(
    { number, orderedAt }: ReportedOrder,
    kind: 'line' | 'extra',
    parts: Partial<Record<LinePart, string>>,
  ): OrderRow {
    const cells = this.columns.map(() => '');
    for (const part of LINE_PARTS) cells[this.places[part]] = parts[part] ?? '';
    return { kind, orderNumber: number, orderedAt, cells };
  }
}

const isZero = (amount: string): boolean => !/[1-9]/.test(amount);

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);
