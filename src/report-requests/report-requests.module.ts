import { Module } from '@nestjs/common';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { JobsModule } from '../jobs/jobs.module';
import { OrdersModule } from '../orders/orders.module';
import { ORDERS_REPORT } from './orders-report.job';
import { ReportLimits } from './report-limits.service';
import { ReportFiles } from './report-files.service';
import { ReportLinks } from './report-links.service';
import { ReportRequests } from './report-requests.service';

/** The report operation, in every role. */
@Module({
  imports: [ArtifactsModule, JobsModule, JobsModule.forFeature(ORDERS_REPORT), OrdersModule],
  providers: [ReportFiles, ReportLimits, ReportLinks, ReportRequests],
  exports: [JobsModule, ReportFiles, ReportLimits, ReportLinks, ReportRequests],
})
export class ReportRequestsModule {}
