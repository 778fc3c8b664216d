import { Module } from '@nestjs/common';
import { OrderImport } from './import/order-import.service';
import { OrderReportQueries } from './order-report-queries';
import { Orders } from './orders.service';
import { SampleOrders } from './sample-orders.service';

/** The order book: import, reading and writing. */
@Module({
  providers: [Orders, OrderImport, OrderReportQueries, SampleOrders],
  exports: [Orders, OrderImport, OrderReportQueries, SampleOrders],
})
export class OrdersModule {}
