import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { JobsModule } from '../jobs/jobs.module';
import { OrdersModule } from '../orders/orders.module';
import { ORDERS_REPORT } from './orders-report.job';
import { ReportLimitsService } from './report-limits.service';
import { ReportFilesService } from './report-files.service';
import { ReportLinksService } from './report-links.service';
import { ReportRequestsService } from './report-requests.service';

/** The report operation, in every role. */
@Module({
  imports: [ArtifactsModule, JobsModule, JobsModule.forFeature(ORDERS_REPORT), OrdersModule],
  providers: [ReportFilesService, ReportLimitsService, ReportLinksService, ReportRequestsService],
  exports: [JobsModule, ReportFilesService, ReportLimitsService, ReportLinksService, ReportRequestsService],
})
export class ReportRequestsModule {}
