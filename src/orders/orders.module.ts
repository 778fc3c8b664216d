import { Module } from '@nestjs/common';
import { OrderImport } from './import/order-import.service';
import { OrderReportQueries } from './order-report-queries';
import { SampleOrders } from './sample-orders.service';

/** The order book: import, reading and writing. */
@Module({
  providers: [OrderImport, OrderReportQueries, SampleOrders],
  exports: [OrderImport, OrderReportQueries, SampleOrders],
})
export class OrdersModule {}
