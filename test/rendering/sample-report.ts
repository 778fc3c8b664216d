import { sumDecimals } from '../../src/common/decimal';
import { AMOUNT_COLUMNS, amountOf, columnAmounts, type ColumnTotals } from '../../src/orders/order-columns';
import { ANY_ORDER } from '../../src/orders/order-filter';
import type { OrderSeriesPoint } from '../../src/orders/order-series';
import type { CurrencyTotal, OrderSummary, StatusTotal } from '../../src/orders/order-summary';
import type { ReportedGroup } from '../../src/orders/reported-group';
import type { ReportedLine, ReportedOrder } from '../../src/orders/reported-order';
import { pageGeometry } from '../../src/report-requests/rendering/page-geometry';
import type { ReportDocument } from '../../src/report-requests/rendering/report-document';

/** Of the pages of `sampleReport`. */
export const { rowsPerPage: ROWS_PER_PAGE } = pageGeometry('A4', 'portrait');

export function sampleOrder(index: number, changes: Partial<ReportedOrder> = {}): ReportedOrder {
  const order = {
    id: String(index),
    number: `US-2016-${100000 + index}`,
    orderedAt: new Date(Date.UTC(2016, 0, 1, 12) + index * 3_600_000),
    customerName: `Customer ${index}`,
    customerReference: null,
    status: index % 2 === 0 ? 'delivered' : 'pending',
    currency: 'USD',
    discountTotal: '0.00',
    shippingTotal: '0.00',
    taxTotal: '0.00',
    taxIncluded: false,
    adjustmentTotal: '0.00',
    total: `${index}.25`,
    refundedTotal: '0.00',
    lines: [],
    change: null,
    group: null,
    ...changes,
  };
  const { total, refundedTotal, status } = order;
  return {
    lineCount: order.lines.length,
    subtotal: total,
    netTotal: status === 'cancelled' ? zeroOf(total) : sumDecimals([total, negative(refundedTotal)]),
    ...order,
  };
}

export function sampleLine(sku: string, changes: Partial<ReportedLine> = {}): ReportedLine {
  return { sku, description: `Item ${sku}`, quantity: '2', unitPrice: '24.995', total: '49.99', ...changes };
}

/** A report of these orders, with a summary and groups that fit them: by their own keys where it is grouped. */
export function sampleReport(orders: ReportedOrder[], changes: Partial<ReportDocument> = {}): ReportDocument {
  return {
    title: 'Order report',
    clientName: 'Superstore Ltd',
    startDate: '2016-01-01',
    endDate: '2017-01-01',
    isDelta: false,
    filter: ANY_ORDER,
    columns: ['ordered_at', 'number', 'customer_name', 'status', 'total'],
    sort: [],
    groupBy: null,
    paper: 'A4',
    brand: null,
    locale: 'en-US',
    labels: {},
    timeZone: 'UTC',
    includeItems: false,
    accessible: false,
    generatedAt: new Date('2017-01-02T03:04:05Z'),
    asOf: 'cursor-1',
    summary: summaryOf(orders),
    orders: () => inBatches(orders),
    groups: () => inBatches(groupsOf(orders)),
    ...changes,
  };
}

async function* inBatches<T>(all: T[]): AsyncGenerator<T[]> {
  for (let from = 0; from < all.length; from += 300) yield await Promise.resolve(all.slice(from, from + 300));
}

const isThere = ({ change }: ReportedOrder): boolean => change !== 'removed';

function groupsOf(orders: ReportedOrder[]): ReportedGroup[] {
  const groups = new Map<string, ReportedOrder[]>();
  for (const order of orders.filter(isThere)) {
    const key = order.group ?? '';
    groups.set(key, [...(groups.get(key) ?? []), order]);
  }
  return [...groups].map(([key, own]) => ({
    key,
    name: key,
    reference: null,
    ...countsOf(own),
    totals: columnTotalsOf(own),
  }));
}

const countsOf = (orders: ReportedOrder[]) => ({
  orders: orders.length,
  lines: orders.reduce((count, order) => count + order.lines.length, 0),
  extras: orders.reduce((count, order) => count + extrasOf(order), 0),
});

function columnTotalsOf(orders: ReportedOrder[]): ColumnTotals[] {
  const currencies = [...new Set(orders.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const own = orders.filter((order) => order.currency === currency);
    const sums = AMOUNT_COLUMNS.map((column) => sumDecimals(own.map((order) => amountOf(order, column))));
    return { currency, orders: own.length, amounts: columnAmounts(sums) };
  });
}

function summaryOf(all: ReportedOrder[]): OrderSummary {
  const orders = all.filter(isThere);
  const totals = new Map<string, CurrencyTotal>();
  const byStatus = new Map<string, StatusTotal>();
  const series = new Map<string, OrderSeriesPoint>();
  for (const order of orders) {
    const { status, currency, orderedAt } = order;
    const periodStart = `${orderedAt.toISOString().slice(0, 7)}-01`;
    const figures = figuresOf(order);
    totals.set(currency, added(totals.get(currency), figures));
    byStatus.set(status + currency, { ...added(byStatus.get(status + currency), figures), status });
    series.set(periodStart + currency, {
      ...added(series.get(periodStart + currency), figures),
      periodStart,
    });
  }
  return {
    ...countsOf(orders),
    removed: all.length - orders.length,
    totals: [...totals.values()],
    columnTotals: columnTotalsOf(orders),
    byStatus: [...byStatus.values()],
    series: [...series.values()],
    seriesUnit: 'month',
  };
}

function figuresOf({ currency, status, total, refundedTotal }: ReportedOrder): CurrencyTotal {
  const isCancelled = status === 'cancelled';
  const cancelled = isCancelled ? total : zeroOf(total);
  const refunded = isCancelled ? zeroOf(total) : refundedTotal;
  const net = sumDecimals([total, negative(cancelled), negative(refunded)]);
  return { currency, orders: 1, gross: total, cancelled, refunded, net };
}

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

const zeroOf = (amount: string): string => sumDecimals([amount, negative(amount)]);

function added(one: CurrencyTotal | undefined, other: CurrencyTotal): CurrencyTotal {
  if (one === undefined) return other;
  return {
    currency: one.currency,
    orders: one.orders + other.orders,
    gross: sumDecimals([one.gross, other.gross]),
    cancelled: sumDecimals([one.cancelled, other.cancelled]),
    refunded: sumDecimals([one.refunded, other.refunded]),
    net: sumDecimals([one.net, other.net]),
  };
}

const extrasOf = (order: ReportedOrder): number =>
  [
    order.discountTotal,
    order.shippingTotal,
    order.taxTotal,
    order.adjustmentTotal,
    order.refundedTotal,
  ].filter((amount) => Number(amount) !== 0).length;
