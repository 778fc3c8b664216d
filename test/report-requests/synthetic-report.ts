import {
  AMOUNT_COLUMNS,
  type AmountColumn,
  amountOf,
  type ColumnTotals,
} from '../../src/orders/order-columns';
import { ANY_ORDER } from '../../src/orders/order-filter';
import type { ReportedGroup } from '../../src/orders/reported-group';
import type { ReportedOrder } from '../../src/orders/reported-order';
import { ReportFormat } from '../../src/report-requests/formats/report-format';
import type { Report, WriteOptions } from '../../src/report-requests/formats/report-writer';
import { SalesTally } from '../../src/report-requests/formats/sales-tally';
import { sumDecimals } from '../../src/common/decimal';

/** An order of a report that no database has. */
export const syntheticOrder = (changes: Partial<ReportedOrder> = {}): ReportedOrder => ({
  id: '1',
  group: null,
  number: 'A-1',
  orderedAt: new Date('2016-02-03T04:05:06.789Z'),
  customerName: 'Anna',
  customerReference: null,
  status: 'paid',
  currency: 'EUR',
  lineCount: 1,
  subtotal: '-12.50',
  discountTotal: '0.00',
  shippingTotal: '4.90',
  taxTotal: '1.00',
  taxIncluded: true,
  adjustmentTotal: '-0.01',
  total: '-7.61',
  refundedTotal: '0.00',
  netTotal: '-7.61',
  lines: [],
  change: null,
  ...changes,
});

export interface SyntheticReport {
  orders: ReportedOrder[];
  groups?: { key: string; name: string; reference?: string }[];
  parameters?: Partial<Report['parameters']>;
  isDelta?: boolean;
}

/** A report of these orders, whose sums are made of them. */
export function syntheticReport({
  orders,
  groups = [],
  parameters,
  isDelta = false,
}: SyntheticReport): Report {
  const there = orders.filter(({ change }) => change !== 'removed');
  const columnTotals = columnTotalsOf(there);
  return {
    parameters: {
      startDate: '2016-01-01',
      endDate: '2017-01-01',
      changedSince: null,
      filter: ANY_ORDER,
      columns: null,
      sort: [],
      groupBy: groups.length > 0 ? 'customer' : null,
      includeItems: orders.some(({ lines }) => lines.length > 0),
      locale: 'en-US',
      timeZone: 'UTC',
      paper: 'A4',
      labels: {},
      formats: [ReportFormat.Xlsx],
      csv: { delimiter: ',', decimalSeparator: '.', times: 'utc', headings: 'names' },
      accessible: false,
      title: 'Orders of 2016',
      clientName: 'Demo',
      ...parameters,
    },
    brand: null,
    snapshot: {
      asOf: '117',
      summary: {
        orders: there.length,
        lines: there.reduce((sum, { lines }) => sum + lines.length, 0),
        extras: 0,
        removed: orders.length - there.length,
        totals: columnTotals.map(({ currency, orders: count, amounts }) => ({
          currency,
          orders: count,
          gross: amounts.total,
          cancelled: sumDecimals([amounts.total, negative(amounts.total)]),
          refunded: amounts.refunded_total,
          net: amounts.net_total,
        })),
        byStatus: [],
        series: [],
        seriesUnit: 'month',
        columnTotals,
      },
      orders: () => batches(orders, 3),
      groups: () =>
        batches(
          groups.map(({ key, name, reference }): ReportedGroup => {
            const members = there.filter(({ group }) => group === key);
            return {
              key,
              name,
              reference: reference ?? null,
              orders: members.length,
              lines: members.reduce((sum, { lines }) => sum + lines.length, 0),
              extras: 0,
              totals: columnTotalsOf(members),
            };
          }),
          2,
        ),
    },
    isDelta,
    isLarge: false,
    generatedAt: new Date('2026-11-27T10:00:00Z'),
    owner: 'client',
  };
}

export interface SyntheticOptions extends WriteOptions {
  fractions: number[];
}

export function writeOptions(signal = new AbortController().signal): SyntheticOptions {
  const fractions: number[] = [];
  return { signal, fractions, onProgress: (fraction) => fractions.push(fraction), tally: new SalesTally() };
}

const negative = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

function columnTotalsOf(orders: ReportedOrder[]): ColumnTotals[] {
  const currencies = [...new Set(orders.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const members = orders.filter((order) => order.currency === currency);
    const sums = AMOUNT_COLUMNS.map((column) => [
      column,
      sumDecimals(members.map((order) => amountOf(order, column))),
    ]);
    return {
      currency,
      orders: members.length,
      amounts: Object.fromEntries(sums) as Record<AmountColumn, string>,
    };
  });
}

async function* batches<T>(all: readonly T[], size: number): AsyncGenerator<T[]> {
  for (let from = 0; from < all.length; from += size)
    yield await Promise.resolve(all.slice(from, from + size));
}
