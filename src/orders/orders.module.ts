import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { JobsModule } from '../jobs/jobs.module';
import { ImportFailures } from './import/import-failures';
import { OrderImport } from './import/order-import.service';
import { OrderImports } from './import/order-imports.service';
import { OrderUploads } from './import/order-uploads.service';
import { OrdersImportHandler } from './import/orders-import.handler';
import { ORDERS_IMPORT } from './import/orders-import.job';
import { OrderCounts } from './order-counts.service';
import { OrderReportQueries } from './order-report-queries';
import { Orders } from './orders.service';
import { CreateOrderHandler, ReadOrderHandler, SummarizeOrdersHandler } from './tasks/order-task.handlers';
import { ORDERS_CREATE, ORDERS_READ, ORDERS_SUMMARY } from './tasks/order-tasks';
import { SampleOrders } from './sample-orders.service';

/** The order book: import, reading and writing. */
@Module({
  imports: [
    ArtifactsModule,
    JobsModule.forFeature(ORDERS_CREATE, ORDERS_IMPORT, ORDERS_READ, ORDERS_SUMMARY),
  ],
  providers: [
    CreateOrderHandler,
    ImportFailures,
    OrderCounts,
    OrderImport,
    OrderImports,
    OrderReportQueries,
    OrderUploads,
    Orders,
    OrdersImportHandler,
    ReadOrderHandler,
    SummarizeOrdersHandler,
    SampleOrders,
  ],
  exports: [OrderCounts, OrderImports, OrderReportQueries, Orders, SampleOrders],
})
export class OrdersModule {}
