import {
  ReportDocument,
  ReportOrder,
  ReportSeriesPoint,
  ReportTotal,
} from '../../src/report-requests/rendering/report-document';

export function sampleOrder(index: number, changes: Partial<ReportOrder> = {}): ReportOrder {
  return {
    id: String(index),
    number: `US-2016-${100000 + index}`,
    orderedAt: new Date(Date.UTC(2016, 0, 1, 12) + index * 3_600_000),
    customerName: `Customer ${index}`,
    status: index % 2 === 0 ? 'COMPLETED' : 'PENDING',
    currency: 'USD',
    total: `${index}.25`,
    lines: [],
    ...changes,
  };
}

/** A report of these orders, with a summary that fits them. */
export function sampleReport(orders: ReportOrder[], changes: Partial<ReportDocument> = {}): ReportDocument {
  const totals = new Map<string, ReportTotal>();
  const series = new Map<string, ReportSeriesPoint>();
  for (const { status, currency, total, orderedAt } of orders) {
    const periodStart = `${orderedAt.toISOString().slice(0, 7)}-01`;
    const sum = totals.get(status + currency) ?? { status, currency, orders: 0, total: '0' };
    const point = series.get(periodStart + currency) ?? { periodStart, currency, orders: 0, total: '0' };
    for (const each of [sum, point]) {
      each.orders += 1;
      each.total = (Number(each.total) + Number(total)).toFixed(2);
    }
    totals.set(status + currency, sum);
    series.set(periodStart + currency, point);
  }
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
    summary: {
      orders: orders.length,
      lines: orders.reduce((count, order) => count + order.lines.length, 0),
      totals: [...totals.values()],
      series: [...series.values()],
      seriesUnit: 'month',
    },
    orders: (async function* () {
      for (let from = 0; from < orders.length; from += 300)
        yield await Promise.resolve(orders.slice(from, from + 300));
    })(),
    ...changes,
  };
}
