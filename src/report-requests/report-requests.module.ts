import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { JobsModule } from '../jobs/jobs.module';
import { OrdersModule } from '../orders/orders.module';
import { ORDERS_REPORT } from './orders-report.job';
import { CsvReportWriter } from './csv-report.writer';
import { OrdersReportHandler } from './orders-report.handler';
import { PdfReportWriter } from './pdf-report.writer';
import { RenderingModule } from './rendering/rendering.module';
import { ReportLimits } from './report-limits.service';
import { ReportFiles } from './report-files.service';
import { ReportLinks } from './report-links.service';
import { ReportRetention } from './report-retention.service';
import { ReportRequests } from './report-requests.service';

/** The report operation and its handler. */
@Module({
  imports: [ArtifactsModule, JobsModule, JobsModule.forFeature(ORDERS_REPORT), OrdersModule, RenderingModule],
  providers: [
    CsvReportWriter,
    OrdersReportHandler,
    PdfReportWriter,
    ReportFiles,
    ReportLimits,
    ReportLinks,
    ReportRequests,
    ReportRetention,
  ],
  exports: [JobsModule, ReportLinks, ReportRequests],
})
export class ReportRequestsModule {}
