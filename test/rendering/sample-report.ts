import { sumDecimals } from '../../src/common/decimal';
import {
  ReportDocument,
  ReportFigures,
  ReportLine,
  ReportOrder,
  ReportSeriesPoint,
  ReportStatusTotal,
  ReportSummary,
} from '../../src/report-requests/rendering/report-document';

export function sampleOrder(index: number, changes: Partial<ReportOrder> = {}): ReportOrder {
  return {
    id: String(index),
    number: `US-2016-${100000 + index}`,
    orderedAt: new Date(Date.UTC(2016, 0, 1, 12) + index * 3_600_000),
    customerName: `Customer ${index}`,
    status: index % 2 === 0 ? 'COMPLETED' : 'PENDING',
    currency: 'USD',
    discountTotal: '0.00',
    shippingTotal: '0.00',
    taxTotal: '0.00',
    taxIncluded: false,
    adjustmentTotal: '0.00',
    total: `${index}.25`,
    refundedTotal: '0.00',
    lines: [],
    ...changes,
  };
}

export function sampleLine(sku: string, changes: Partial<ReportLine> = {}): ReportLine {
  return { sku, description: `Item ${sku}`, quantity: '2', unitPrice: '24.995', total: '49.99', ...changes };
}

/** A report of these orders, with a summary that fits them. */
export function sampleReport(orders: ReportOrder[], changes: Partial<ReportDocument> = {}): ReportDocument {
  return {
    title: 'Order report',
    clientName: 'Superstore Ltd',
    startDate: '2016-01-01',
    endDate: '2017-01-01',
    statuses: null,
    locale: 'en-US',
    timeZone: 'UTC',
    includeItems: false,
    accessible: false,
    generatedAt: new Date('2017-01-02T03:04:05Z'),
    summary: summaryOf(orders),
    orders: (async function* () {
      for (let from = 0; from < orders.length; from += 300)
        yield await Promise.resolve(orders.slice(from, from + 300));
    })(),
    ...changes,
  };
}

function summaryOf(orders: ReportOrder[]): ReportSummary {
  const totals = new Map<string, ReportFigures>();
  const byStatus = new Map<string, ReportStatusTotal>();
  const series = new Map<string, ReportSeriesPoint>();
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
    orders: orders.length,
    lines: orders.reduce((count, order) => count + order.lines.length, 0),
    extras: orders.reduce((count, order) => count + extrasOf(order), 0),
    removed: 0,
    totals: [...totals.values()],
    byStatus: [...byStatus.values()],
    series: [...series.values()],
    seriesUnit: 'month',
  };
}

function figuresOf({ currency, status, total, refundedTotal }: ReportOrder): ReportFigures {
  const isCancelled = status === 'cancelled';
  const none = sumDecimals([total, negative(total)]);
  const cancelled = isCancelled ? total : none;
  const refunded = isCancelled ? none : refundedTotal;
  const net = sumDecimals([total, negative(cancelled), negative(refunded)]);
  return { currency, orders: 1, gross: total, cancelled, refunded, net };
}

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

function added(one: ReportFigures | undefined, other: ReportFigures): ReportFigures {
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

const extrasOf = (order: ReportOrder): number =>
  [
    order.discountTotal,
    order.shippingTotal,
    order.taxTotal,
    order.adjustmentTotal,
    order.refundedTotal,
  ].filter((amount) => Number(amount) !== 0).length;
