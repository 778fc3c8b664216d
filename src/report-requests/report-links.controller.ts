import { Controller, Get, Header, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AllowsJobToken } from '../clients/allows-job-token.decorator';
import type { Caller } from '../clients/client';
import { CurrentCaller } from '../clients/current-client.decorator';
import { JobPermission } from '../clients/job-token';
import { Public, RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems, passing } from '../common/http/problem';
import { RatePolicy } from '../common/http/rate-policy';
import { UuidParam } from '../common/http/uuid-param';
import { AppConfig } from '../config/app-config';
import { ApiReportFile } from './api-report-file.decorator';
import { ReportFormatQuery, ReportLinkQuery } from './report-link.dto';
import { ReportLinkView } from './report-link.view';
import { ReportLinksService } from './report-links.service';
import { ReportRequestsService, REPORTS_PATH } from './report-requests.service';
import { sendReport } from './send-report';

/** Short-lived links to a report's file, for browsers: a viewer, a download, an `<iframe>` send no API key. */
@ApiTags('reports')
@Controller('v1/orders/reports')
export class ReportLinksController {
  constructor(
    private readonly config: AppConfig,
    private readonly links: ReportLinksService,
    private readonly reports: ReportRequestsService,
  ) {}

  @Get(':id/link')
  @AllowsJobToken(JobPermission.Download)
  @RatePolicy('poll')
  @RequireScope(Scope.Reports)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    operationId: 'getOrderReportLink',
    summary: 'Get a link that opens the file in a browser',
    description:
      'It needs no API key, is good for five minutes and for this one file, and ends with the report, and with the token that it was got by.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: ReportLinkView })
  @ApiProblems({
    400: 'The id is not a UUID, or the format is none.',
    404: 'You have no such report, or it was not made in this format.',
    409: passing('It is not ready; ask again after `Retry-After` seconds.'),
    410: 'It was cancelled, it has expired, or it was erased with a person that it showed.',
    500: 'It failed for an internal reason.',
  })
  async link(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Query() { format }: ReportFormatQuery,
  ): Promise<ReportLinkView> {
    const { expires, signature, artifact } = await this.links.make(caller, id, format);
    const query = new URLSearchParams({ ...(format && { format }), expires: String(expires), signature });
    return {
      url: `${this.config.publicUrl}${REPORTS_PATH}/${id}/file?${query.toString()}`,
      expires_at: new Date(expires * 1_000).toISOString(),
      sha256: artifact.sha256,
    };
  }

  @Get(':id/file')
  @RatePolicy('link')
  @Public()
  @ApiOperation({
    operationId: 'openOrderReportFile',
    summary: 'Open the file by a signed link',
    description:
      'What `url` of `GET /v1/orders/reports/{id}/link` leads to: it needs no key, and opens in a browser until it expires.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiReportFile()
  @ApiProblems({
    400: 'The link is not complete.',
    403: 'It is not a link of ours.',
    410: 'The link or the report has expired, or the report was erased.',
  })
  async open(
    @Param('id', UuidParam) id: string,
    @Query() query: ReportLinkQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { format, expires, signature } = query;
    const report = await this.links.open({ jobId: id, format, expires, signature });
    // The page's policy would keep a browser's own viewer from showing the file, and other web apps from framing it.
    response.set(
      'Content-Security-Policy',
      `frame-ancestors ${["'self'", ...this.config.corsOrigins].join(' ')}`,
    );
    response.removeHeader('X-Frame-Options');
    await sendReport(request, response, report, 'inline', (range) => this.reports.open(report, range));
  }
}
