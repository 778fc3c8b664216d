import { Injectable } from '@nestjs/common';
import type { ReportedOrder } from '../../../orders/reported-order';
import { ReportFormat } from '../report-format';
import type { Report, ReportWriter, WriteOptions, WrittenReport } from '../report-writer';
import { orderCsv } from './order-csv';

/** Writes a report as CSV. */
@Injectable()
export class CsvReportWriter implements ReportWriter {
  readonly format = ReportFormat.Csv;

  write({ parameters, snapshot, isDelta }: Report, { onProgress, tally }: WriteOptions): WrittenReport {
    const { includeItems } = parameters;
    const { orders, removed } = snapshot.summary;
    const written = counted(snapshot.orders(), (batch, rows) => {
      for (const order of batch) tally.add(order);
      onProgress(rows / (orders + removed));
    });
    return { pages: null, content: orderCsv(written, { includeItems, isDelta }) };
  }
}

async function* counted(
  orders: AsyncIterable<ReportedOrder[]>,
  onRead: (batch: ReportedOrder[], orders: number) => void,
): AsyncGenerator<ReportedOrder[]> {
  let read = 0;
  for await (const batch of orders) {
    yield batch;
    read += batch.length;
    onRead(batch, read);
  }
}
