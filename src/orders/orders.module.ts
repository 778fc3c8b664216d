import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { JobsModule } from '../jobs/jobs.module';
import { ImportFailures } from './import/import-failures';
import { OrderImport } from './import/order-import.service';
import { OrderImports } from './import/order-imports.service';
import { OrdersImportHandler } from './import/orders-import.handler';
import { ORDERS_IMPORT } from './import/orders-import.job';
import { OrderReportQueries } from './order-report-queries';
import { Orders } from './orders.service';
import { SampleOrders } from './sample-orders.service';

/** The order book: import, reading and writing. */
@Module({
  imports: [ArtifactsModule, JobsModule.forFeature(ORDERS_IMPORT)],
  providers: [
    ImportFailures,
    OrderImport,
    OrderImports,
    OrderReportQueries,
    Orders,
    OrdersImportHandler,
    SampleOrders,
  ],
  exports: [OrderImports, OrderReportQueries, Orders, SampleOrders],
})
export class OrdersModule {}
