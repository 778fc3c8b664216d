import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Client } from '../clients/client';
import { CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems } from '../common/http/problem';
import { RatePolicy } from '../common/http/rate-policy';
import { UuidParam } from '../common/http/uuid-param';
import { ApiReportFile } from './api-report-file.decorator';
import { ReportRequests } from './report-requests.service';
import { sendReport } from './send-report';

/** The file of a finished report, for callers with a key. */
@ApiTags('reports')
@RequireScope(Scope.Reports)
@Controller('v1/orders/reports')
export class ReportDownloadController {
  constructor(private readonly reports: ReportRequests) {}

  @RatePolicy('poll')
  @Get(':id')
  @ApiOperation({ summary: 'Fetch the file' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiReportFile()
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such report.',
    409: 'It is not ready; ask again after `Retry-After` seconds.',
    410: 'It was cancelled, or it has expired.',
    500: 'It failed for an internal reason.',
  })
  async download(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const report = await this.reports.finished(client, id);
    await sendReport(request, response, report, 'attachment', (range) => this.reports.open(report, range));
  }
}
