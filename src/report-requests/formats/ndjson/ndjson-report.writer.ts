import { Injectable } from '@nestjs/common';
import type { OrderColumn } from '../../../orders/order-columns';
import type { ReportedLine, ReportedOrder } from '../../../orders/reported-order';
import { ordersAsText } from '../orders-as-text';
import { ReportFormat } from '../report-format';
import { columnsOf } from '../report-parameters';
import type { Report, ReportWriter, WriteOptions, WrittenReport } from '../report-writer';

/**
 * Writes a report as NDJSON (UTF-8): an object for each order, with the names of the columns as keys. Amounts are strings,
 * since a JSON number is rounded by whoever reads it.
 */
@Injectable()
export class NdjsonReportWriter implements ReportWriter {
  readonly format = ReportFormat.Ndjson;

  write(report: Report, options: WriteOptions): WrittenReport {
    const lineOf = lineMaker(report);
    const written = (order: ReportedOrder): string => {
      options.tally.add(order);
      return lineOf(order);
    };
    return { pages: null, content: ordersAsText(report, options, (batch) => batch.map(written).join('')) };
  }
}

type Value = string | number | boolean | null;

const VALUES: Record<OrderColumn, (order: ReportedOrder) => Value> = {
  ordered_at: (order) => order.orderedAt.toISOString(),
  number: (order) => order.number,
  customer_name: (order) => order.customerName,
  customer_reference: (order) => order.customerReference,
  status: (order) => order.status,
  currency: (order) => order.currency,
  line_count: (order) => order.lineCount,
  subtotal: (order) => order.subtotal,
  discount_total: (order) => order.discountTotal,
  shipping_total: (order) => order.shippingTotal,
  tax_total: (order) => order.taxTotal,
  adjustment_total: (order) => order.adjustmentTotal,
  total: (order) => order.total,
  refunded_total: (order) => order.refundedTotal,
  net_total: (order) => order.netTotal,
  tax_included: (order) => order.taxIncluded,
};

const lineValues = ({
  sku,
  description,
  quantity,
  unitPrice,
  total,
}: ReportedLine): Record<string, Value> => ({
  sku,
  description,
  quantity,
  unit_price: unitPrice,
  line_total: total,
});

/** Makes the line of an order. */
function lineMaker({ isDelta, parameters }: Report): (order: ReportedOrder) => string {
  const columns = columnsOf(parameters, ReportFormat.Ndjson);
  return (order) => {
    if (order.change === 'removed') return asLine({ number: order.number, change: 'removed' });
    const values: Record<string, Value | Record<string, Value>[]> = {};
    for (const column of columns) values[column] = VALUES[column](order);
    if (parameters.includeItems) values['lines'] = order.lines.map(lineValues);
    if (isDelta) values['change'] = 'updated';
    return asLine(values);
  };
}

const asLine = (values: object): string => `${JSON.stringify(values)}\n`;
