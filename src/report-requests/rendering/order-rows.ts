import { ReportFormats } from './report-formats';
import { ReportOrder } from './report-document';

/**
 * One printed row: date, number or SKU, customer or description, status or quantity, total. An order's lines and extras
 * stand below it. What is in the last column adds up to its total; what only is a fact about it (tax that the prices
 * contain, a refund) is in the column before.
 */
export interface ReportRow {
  kind: 'order' | 'line' | 'extra';
  orderNumber: string;
  /** `null` of one that is gone. */
  orderedAt: Date | null;
  date: string;
  number: string;
  name: string;
  detail: string;
  total: string;
}

/** What a delta calls orders that are gone, or no longer among those that were asked for. */
export const REMOVED = 'Removed';

/** The rows of one order: itself and, with items, each of its lines, and each other amount that is not 0. */
export function rowsOf(order: ReportOrder, formats: ReportFormats, includeItems: boolean): ReportRow[] {
  if (order.change === 'removed') return [removedRow(order)];
  // No object is spread into a row: that would cost forty times the time and fifteen times the memory.
  const head: ReportRow = {
    kind: 'order',
    orderNumber: order.number,
    orderedAt: order.orderedAt,
    date: formats.day(order.orderedAt),
    number: order.number,
    name: order.customerName,
    detail: statusLabel(order.status),
    total: formats.money(order.total, order.currency),
  };
  if (!includeItems) return [head];
  const lines = order.lines.map<ReportRow>((line) => ({
    kind: 'line',
    orderNumber: order.number,
    orderedAt: order.orderedAt,
    date: '',
    number: line.sku,
    name: line.description,
    detail: `${formats.quantity(line.quantity)} × ${formats.unitPrice(line.unitPrice, order.currency)}`,
    total: formats.money(line.total, order.currency),
  }));
  return [head, ...lines, ...extrasOf(order, formats)];
}

const removedRow = ({ number }: ReportOrder): ReportRow => ({
  kind: 'order',
  orderNumber: number,
  orderedAt: null,
  date: '',
  number,
  name: '',
  detail: REMOVED,
  total: '',
});

function extrasOf(order: ReportOrder, formats: ReportFormats): ReportRow[] {
  const { discountTotal, shippingTotal, taxTotal, taxIncluded, adjustmentTotal, refundedTotal } = order;
  const rows: ReportRow[] = [];
  const add = (name: string, amount: string, isPart: boolean): void => {
    if (isZero(amount)) return;
    const money = formats.money(amount, order.currency);
    rows.push({
      kind: 'extra',
      orderNumber: order.number,
      orderedAt: order.orderedAt,
      date: '',
      number: '',
      name,
      detail: isPart ? '' : money,
      total: isPart ? money : '',
    });
  };
  add('Discount', negative(discountTotal), true);
  add('Shipping', shippingTotal, true);
  if (taxIncluded) add('Tax, included', taxTotal, false);
  else add('Tax', taxTotal, true);
  add('Adjustment', adjustmentTotal, true);
  add('Refunded', refundedTotal, false);
  return rows;
}

const isZero = (amount: string): boolean => !/[1-9]/.test(amount);

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

/** "PARTIALLY_REFUNDED" as "Partially refunded". */
export function statusLabel(status: string): string {
  const words = status.replaceAll('_', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
