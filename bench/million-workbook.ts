import { writeXlsxStream } from 'hucre/xlsx';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { columnAmounts, type OrderColumn } from '../src/orders/order-columns';
import { ANY_ORDER } from '../src/orders/order-filter';
import type { ReportedOrder } from '../src/orders/reported-order';
import { ReportFormat } from '../src/report-requests/formats/report-format';
import type { Report } from '../src/report-requests/formats/report-writer';
import { SalesTally } from '../src/report-requests/formats/sales-tally';
import { XlsxReportWriter } from '../src/report-requests/formats/xlsx/xlsx-report.writer';
import { type Measurements, ratioAtMost } from './measurements';

const BATCH = 250;
const STATUSES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'];
const CUSTOMERS = ['Ana Müller', 'Bob Stone', 'Claire Dubois', 'Dmitri Ivanov'];
const COLUMNS: OrderColumn[] = ['ordered_at', 'number', 'customer_name', 'status', 'total'];
const MEGABYTE = 1024 * 1024;

/**
 * A workbook of so many orders in five columns, without a database before it: beside the fastest library that streams, with
 * nothing around it, which writes one sheet with a format for each column.
 */
export async function compareWorkbooks(
  results: Measurements,
  { rows, runs, folder }: { rows: number; runs: number; folder: string },
): Promise<void> {
  const ours: Run[] = [];
  const bare: Run[] = [];
  // In alternation, so that what else the machine does meets both.
  for (let run = 0; run < runs; run += 1) {
    ours.push(await measured(new XlsxReportWriter().write(reportOf(rows), options()).content, folder));
    bare.push(await measured(bareWorkbook(rows), folder));
  }
  const title = `${rows.toLocaleString('en')} rows as XLSX, beside the fastest bare library`;
  const of = (all: Run[], figure: keyof Run): number[] => all.map((run) => run[figure]);
  results.add(`${title}: time`, 's', of(ours, 'seconds'), of(bare, 'seconds'), ratioAtMost(1.3));
  results.add(`${title}: processor time`, 's', of(ours, 'busy'), of(bare, 'busy'));
  results.add(`${title}: Node's peak memory`, 'MB', of(ours, 'memory'), of(bare, 'memory'));
  results.add(`${title}: size`, 'MB', of(ours, 'size'), of(bare, 'size'));
}

interface Run {
  seconds: number;
  /** Of the processor, in all threads. */
  busy: number;
  memory: number;
  size: number;
}

async function measured(content: AsyncIterable<Uint8Array>, folder: string): Promise<Run> {
  const [from, used] = [performance.now(), process.cpuUsage()];
  let memory = 0;
  const timer = setInterval(() => (memory = Math.max(memory, process.memoryUsage.rss() / MEGABYTE)), 50);
  const file = createWriteStream(join(folder, 'million.xlsx'));
  try {
    await pipeline(Readable.from(content), file);
  } finally {
    clearInterval(timer);
  }
  const { user, system } = process.cpuUsage(used);
  return {
    seconds: (performance.now() - from) / 1_000,
    busy: (user + system) / 1e6,
    memory,
    size: file.bytesWritten / MEGABYTE,
  };
}

function bareWorkbook(rows: number): AsyncIterable<Uint8Array> {
  const cells = async function* () {
    for await (const batch of ordersOf(rows))
      for (const { orderedAt, number, customerName, status, total } of batch)
        yield [orderedAt, number, customerName, status, Number(total)];
  };
  return writeXlsxStream(cells(), {
    name: 'Orders',
    freezePane: { rows: 1 },
    columns: [
      { header: 'Date', width: 20, numFmt: 'mm/dd/yyyy hh:mm' },
      { header: 'Order', width: 18 },
      { header: 'Customer', width: 30 },
      { header: 'Status', width: 13 },
      { header: 'Total', width: 16, numFmt: '[$$]#,##0.00' },
    ],
  });
}

async function* ordersOf(rows: number): AsyncGenerator<ReportedOrder[]> {
  for (let from = 0; from < rows; from += BATCH)
    yield await Promise.resolve(
      Array.from({ length: Math.min(BATCH, rows - from) }, (_, index) => orderAt(from + index)),
    );
}

const orderAt = (index: number): ReportedOrder => ({
  id: String(index),
  number: `2016-${index}`,
  orderedAt: new Date(Date.UTC(2016, 0, 1) + index * 30_000),
  customerName: `${CUSTOMERS[index % 4]!} ${index % 997}`,
  customerReference: null,
  status: STATUSES[index % 6]!,
  currency: 'USD',
  lineCount: 1,
  subtotal: '0.00',
  discountTotal: '0.00',
  shippingTotal: '0.00',
  taxTotal: '0.00',
  taxIncluded: false,
  adjustmentTotal: '0.00',
  total: (((index * 37) % 100_000) / 4).toFixed(2),
  refundedTotal: '0.00',
  netTotal: '0.00',
  lines: [],
  group: null,
});

const options = () => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  tally: new SalesTally(),
});

const reportOf = (rows: number): Report => ({
  parameters: {
    startDate: '2016-01-01',
    endDate: '2017-01-01',
    changedSince: null,
    filter: ANY_ORDER,
    columns: COLUMNS,
    sort: [],
    groupBy: null,
    includeItems: false,
    formats: [ReportFormat.Xlsx],
    locale: 'en-US',
    timeZone: 'America/New_York',
    paper: 'Letter',
    labels: {},
    csv: { delimiter: ',', decimalSeparator: '.', times: 'utc', headings: 'names' },
    title: 'Order report',
    clientName: 'Demo',
    accessible: false,
  },
  brand: null,
  snapshot: {
    asOf: '1',
    summary: {
      orders: rows,
      lines: rows,
      extras: 0,
      removed: 0,
      totals: [],
      byStatus: [],
      series: [],
      seriesUnit: 'month',
      columnTotals: [
        { currency: 'USD', orders: rows, amounts: columnAmounts(Array<string>(8).fill('0.00')) },
      ],
    },
    orders: () => ordersOf(rows),
    groups: async function* () {
      // Nothing is grouped.
    },
  },
  isDelta: false,
  isLarge: true,
  generatedAt: new Date(),
  owner: 'Demo',
});
