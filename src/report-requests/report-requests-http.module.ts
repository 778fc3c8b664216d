import { Module } from '@nestjs/common';
import { JobsHttpModule } from '../jobs/http/jobs-http.module';
import { JobsModule } from '../jobs/jobs.module';
import { ReportDownloadController } from './report-download.controller';
import { ReportLinksController } from './report-links.controller';
import { ReportRequestsController } from './report-requests.controller';
import { ReportRequestsModule } from './report-requests.module';

/** The routes of the report operation. */
@Module({
  imports: [JobsHttpModule, JobsModule, ReportRequestsModule],
  controllers: [ReportRequestsController, ReportDownloadController, ReportLinksController],
})
export class ReportRequestsHttpModule {}
