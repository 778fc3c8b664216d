import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Query, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AllowsJobToken } from '../clients/allows-job-token.decorator';
import type { Actor } from '../clients/audit-entry';
import type { Client } from '../clients/client';
import { CurrentActor, CurrentClient } from '../clients/current-client.decorator';
import { JobPermission } from '../clients/job-token';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems, passing } from '../common/http/problem';
import { RatePolicy } from '../common/http/rate-policy';
import { UuidParam } from '../common/http/uuid-param';
import { ApiReportFile } from './api-report-file.decorator';
import { ReportFormatQuery } from './report-link.dto';
import { ReportRequestsService } from './report-requests.service';
import { sendReport } from './send-report';

/** The file of a finished report, for callers with a key: fetched, and deleted. It may be there in several formats. */
@ApiTags('reports')
@RequireScope(Scope.Reports)
@Controller('v1/orders/reports')
export class ReportDownloadController {
  constructor(private readonly reports: ReportRequestsService) {}

  @RatePolicy('poll')
  @Get(':id')
  @AllowsJobToken(JobPermission.Download)
  @ApiOperation({
    operationId: 'downloadOrderReport',
    summary: 'Fetch the file',
    description:
      'The first of its formats, or the one of `format`. `Range` resumes a download, `If-None-Match` revalidates one.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiReportFile()
  @ApiProblems({
    400: 'The id is not a UUID, or the format is none.',
    404: 'You have no such report, or it was not made in this format.',
    409: passing('It is not ready; ask again after `Retry-After` seconds.'),
    410: 'It was cancelled, it has expired, or it was erased with a person that it showed.',
    422: 'It failed: it would have been too long.',
    500: 'It failed for an internal reason.',
  })
  async download(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Query() { format }: ReportFormatQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const report = await this.reports.finished(client, id, format);
    await sendReport(request, response, report, 'attachment', (range) => this.reports.open(report, range));
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'deleteOrderReport',
    summary: 'Delete the files',
    description:
      'Before their retention ends, in all formats: from now on they are 410, for signed links too. The job stays as it is.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiNoContentResponse({ description: 'It is deleted.' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such report.',
    409: 'It has no file: cancel it at its status address while it is being made.',
    410: 'It was cancelled, or its file is deleted already, or erased.',
  })
  discard(@CurrentActor() actor: Actor, @Param('id', UuidParam) id: string): Promise<void> {
    return this.reports.discard(actor, id);
  }
}
