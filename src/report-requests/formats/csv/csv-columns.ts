import { ZoneClock } from '../../../common/zone-clock';
import { guarded } from '../../../orders/formula-guard';
import type { OrderColumn } from '../../../orders/order-columns';
import type { ReportedLine, ReportedOrder } from '../../../orders/reported-order';
import { reportMessages } from '../../messages/report-messages';
import { ReportFormat } from '../report-format';
import { columnsOf, type OrdersReportParameters } from '../report-parameters';

/** A column of the file: what stands over it, and its cells. */
interface CsvColumn<Of> {
  heading: string;
  cell: (of: Of) => string;
}

export interface CsvColumns {
  ofOrder: (CsvColumn<ReportedOrder> & { column: OrderColumn })[];
  /** None, unless lines are asked for. */
  ofLine: CsvColumn<ReportedLine>[];
  /** Over the last column of a delta. */
  change: string;
}

/** The columns as a report asks for them. Without labels they have the names that the import reads. */
export function csvColumns(parameters: OrdersReportParameters): CsvColumns {
  const { csv, includeItems, labels, locale, timeZone } = parameters;
  const messages = csv.headings === 'labels' ? reportMessages(locale, labels) : undefined;
  const decimal: (text: string) => string =
    csv.decimalSeparator === ',' ? (text) => text.replace('.', ',') : (text) => text;
  const cells = orderCells(decimal, csv.times === 'local' ? localTime(timeZone) : utcTime);
  return {
    ofOrder: columnsOf(parameters, ReportFormat.Csv).map((column) => ({
      column,
      heading: guarded(messages?.heading(column) ?? column),
      cell: cells[column],
    })),
    ofLine: includeItems
      ? LINE_COLUMNS.map((column) => ({
          heading: guarded(messages?.text(column) ?? column),
          cell: lineCells(decimal)[column],
        }))
      : [],
    change: guarded(messages?.text('change') ?? 'change'),
  };
}

const utcTime = (time: Date): string => time.toISOString();

/** `2016-01-31 13:45:00`: spreadsheets of every language take it for a time, but none with an offset or parts of seconds. */
function localTime(timeZone: string): (time: Date) => string {
  const clock = new ZoneClock(timeZone);
  return (time) => new Date(clock.toWall(time.getTime())).toISOString().slice(0, -5).replace('T', ' ');
}

const orderCells = (
  decimal: (text: string) => string,
  timeText: (time: Date) => string,
): Record<OrderColumn, (order: ReportedOrder) => string> => ({
  ordered_at: (order) => timeText(order.orderedAt),
  number: (order) => guarded(order.number),
  customer_name: (order) => guarded(order.customerName),
  customer_reference: (order) => guarded(order.customerReference ?? ''),
  status: (order) => order.status,
  currency: (order) => order.currency,
  line_count: (order) => String(order.lineCount),
  subtotal: (order) => decimal(order.subtotal),
  discount_total: (order) => decimal(order.discountTotal),
  shipping_total: (order) => decimal(order.shippingTotal),
  tax_total: (order) => decimal(order.taxTotal),
  adjustment_total: (order) => decimal(order.adjustmentTotal),
  total: (order) => decimal(order.total),
  refunded_total: (order) => decimal(order.refundedTotal),
  net_total: (order) => decimal(order.netTotal),
  tax_included: (order) => String(order.taxIncluded),
});

const LINE_COLUMNS = ['sku', 'description', 'quantity', 'unit_price', 'line_total'] as const;

const lineCells = (
  decimal: (text: string) => string,
): Record<(typeof LINE_COLUMNS)[number], (line: ReportedLine) => string> => ({
  sku: (line) => guarded(line.sku),
  description: (line) => guarded(line.description),
  quantity: (line) => decimal(line.quantity),
  unit_price: (line) => decimal(line.unitPrice),
  line_total: (line) => decimal(line.total),
});
