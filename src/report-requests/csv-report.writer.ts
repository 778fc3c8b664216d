import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { JobContext } from '../jobs/job-type';
import type { OrderSnapshot } from '../orders/order-report-queries';
import type { ReportedOrder } from '../orders/reported-order';
import { orderCsv } from './csv/order-csv';
import { filterOf, OrdersReportParameters, ReportArtifact } from './orders-report.job';
import { ReportFilesService } from './report-files.service';
import { MEDIA_TYPES, ReportFormat } from './report-format';

/** Writes a report as CSV, from the database straight into the store. */
@Injectable()
export class CsvReportWriter {
  constructor(private readonly files: ReportFilesService) {}

  async write(context: JobContext<OrdersReportParameters>, snapshot: OrderSnapshot): Promise<ReportArtifact> {
    const { parameters } = context;
    const { includeItems } = parameters;
    const isDelta = filterOf(parameters).changedSince !== null;
    const { summary } = snapshot;
    context.step('render');
    const orders = counted(snapshot.orders(), (written) =>
      context.progress(0.1 + (0.8 * written) / (summary.orders + summary.removed)),
    );
    const { sha256, bytes } = await this.files.put(
      context,
      Readable.from(orderCsv(orders, { includeItems, isDelta })),
    );
    context.step('store');
    return { sha256, bytes, pages: null, media_type: MEDIA_TYPES[ReportFormat.Csv] };
  }
}

async function* counted(
  orders: AsyncIterable<ReportedOrder[]>,
  onRead: (orders: number) => void,
): AsyncGenerator<ReportedOrder[]> {
  let read = 0;
  for await (const batch of orders) {
    yield batch;
    read += batch.length;
    onRead(read);
  }
}
