import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { OrdersModule } from '../orders/orders.module';
import { CsvReportWriter } from './csv-report.writer';
import { OrdersReportHandler } from './orders-report.handler';
import { PdfReportWriter } from './pdf-report.writer';
import { RenderingModule } from './rendering/rendering.module';
import { ReportRequestsModule } from './report-requests.module';

/** What makes reports. Only in worker roles. */
@Module({
  imports: [ArtifactsModule, OrdersModule, RenderingModule, ReportRequestsModule],
  providers: [CsvReportWriter, OrdersReportHandler, PdfReportWriter],
})
export class ReportRequestsWorkerModule {}
