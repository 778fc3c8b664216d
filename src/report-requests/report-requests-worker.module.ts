import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { BrandsModule } from '../brands/brands.module';
import { OrdersModule } from '../orders/orders.module';
import { CsvReportWriter } from './formats/csv/csv-report.writer';
import { NdjsonReportWriter } from './formats/ndjson/ndjson-report.writer';
import { PdfReportWriter } from './formats/pdf/pdf-report.writer';
import type { ReportWriter } from './formats/report-writer';
import { XlsxReportWriter } from './formats/xlsx/xlsx-report.writer';
import { OrdersReportHandler, REPORT_WRITERS } from './orders-report.handler';
import { RenderingModule } from './rendering/rendering.module';
import { ReportRequestsModule } from './report-requests.module';

const WRITERS = [CsvReportWriter, NdjsonReportWriter, PdfReportWriter, XlsxReportWriter];

/** What makes reports. Only in worker roles. */
@Module({
  imports: [ArtifactsModule, BrandsModule, OrdersModule, RenderingModule, ReportRequestsModule],
  providers: [
    OrdersReportHandler,
    ...WRITERS,
    { provide: REPORT_WRITERS, inject: WRITERS, useFactory: (...writers: ReportWriter[]) => writers },
  ],
})
export class ReportRequestsWorkerModule {}
