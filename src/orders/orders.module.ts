import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { JobsModule } from '../jobs/jobs.module';
import { ImportFailures } from './import/import-failures';
import { OrderImportService } from './import/order-import.service';
import { OrderImportsService } from './import/order-imports.service';
import { OrderUploadsService } from './import/order-uploads.service';
import { ORDERS_IMPORT } from './import/orders-import.job';
import { OrderChangesRetentionService } from './order-changes-retention.service';
import { OrderChangesService } from './order-changes.service';
import { OrderCountsService } from './order-counts.service';
import { OrderReportQueries } from './order-report-queries';
import { OrderWriterService } from './order-writer.service';
import { OrdersService } from './orders.service';
import { ORDERS_CREATE, ORDERS_READ, ORDERS_SUMMARY } from './tasks/order-tasks';
import { SampleOrdersService } from './sample-orders.service';

const SERVICES = [
  ImportFailures,
  OrderChangesRetentionService,
  OrderChangesService,
  OrderCountsService,
  OrderImportService,
  OrderImportsService,
  OrderReportQueries,
  OrderUploadsService,
  OrderWriterService,
  OrdersService,
  SampleOrdersService,
];

/** The order book: import, reading and writing. */
@Module({
  imports: [
    ArtifactsModule,
    JobsModule.forFeature(ORDERS_CREATE, ORDERS_IMPORT, ORDERS_READ, ORDERS_SUMMARY),
  ],
  providers: SERVICES,
  exports: SERVICES,
})
export class OrdersModule {}
