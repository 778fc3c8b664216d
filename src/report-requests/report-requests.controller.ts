import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCallbacks,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AllowsJobToken } from '../clients/allows-job-token.decorator';
import type { Client } from '../clients/client';
import { type AuthenticatedRequest, CurrentClient } from '../clients/current-client.decorator';
import { JobPermission } from '../clients/job-token';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { AnswersWith } from '../common/http/media-types.guard';
import { ApiProblems } from '../common/http/problem';
import type { RequestWithToken } from '../common/http/query-token.middleware';
import { RatePolicy } from '../common/http/rate-policy';
import { UuidParam } from '../common/http/uuid-param';
import { retryAfterSeconds } from '../common/retry-after';
import { AppConfig } from '../config/app-config';
import { isTerminal, type Job, JobState } from '../jobs/job';
import { JOB_CALLBACK } from '../jobs/http/job-callback.view';
import { erasedError, failureOf } from '../jobs/job-error';
import { JobPageQuery } from '../jobs/http/job-list.query';
import { JobPresenter } from '../jobs/http/job.presenter';
import { jobSchema } from '../jobs/http/job-schemas';
import type { JobView } from '../jobs/http/job.view';
import { HonoursWait } from '../jobs/http/prefer-wait';
import { AcceptsJob, Acceptance } from '../jobs/http/acceptance';
import { parseIdempotencyKey } from '../common/http/idempotency-key';
import { REPORT_MEDIA_TYPES } from './formats/report-format';
import { artifactsOf, ORDERS_REPORT, type OrdersReportResult } from './orders-report.job';
import { ReportPageView } from './report-list.view';
import { ReportRequest } from './report-request.dto';
import { cancelled, ReportRequestsService, REPORTS_PATH } from './report-requests.service';

/** An answer about the report, or the way to it. */
const ANSWERS = ['application/json', ...REPORT_MEDIA_TYPES];
const REPORT_JOB = jobSchema(ORDERS_REPORT, 'JobView');

/** The report operation by polling: submit, watch, cancel. */
@ApiTags('reports')
@RequireScope(Scope.Reports)
@Controller('v1/orders/reports')
export class ReportRequestsController {
  constructor(
    private readonly config: AppConfig,
    private readonly reports: ReportRequestsService,
    private readonly presenter: JobPresenter,
    private readonly acceptance: Acceptance,
  ) {}

  @AcceptsJob(ORDERS_REPORT)
  @Post()
  @AnswersWith(ANSWERS)
  @ApiOperation({
    operationId: 'createOrderReport',
    summary: 'Ask for a report of your orders',
    description:
      'Answers at once, or after the wait that you prefer; the report is made in the background. Poll the address in `Location`. ' +
      'The `result` of its job has the files, and the totals of each currency.',
  })
  @ApiCallbacks(JOB_CALLBACK)
  @ApiOkResponse({
    schema: REPORT_JOB,
    description: 'It ended while you waited, and `Accept` names JSON and not the file.',
  })
  @ApiResponse({
    status: 303,
    description: 'It ended while you waited: the file is at `Location`.',
    headers: { Location: { schema: { type: 'string', format: 'uri-reference' } } },
  })
  @ApiProblems({
    400: 'The body is not JSON.',
    410: 'It was cancelled while you waited, or is erased.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid, the report would be too long, or the Idempotency-Key was used with another body.',
    500: 'It failed while you waited; the job is inside.',
  })
  async submit(
    @CurrentClient() client: Client,
    @Body() request: ReportRequest,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() httpRequest: AuthenticatedRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView | undefined> {
    const accepted = await this.reports.submit(client, request, parseIdempotencyKey(idempotencyKey));
    const answer = await this.acceptance.answer(accepted, httpRequest, response);
    return 'view' in answer ? answer.view : this.outcome(answer.ended, httpRequest, response);
  }

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listOrderReports',
    summary: 'List your report jobs, newest first',
    description:
      'Every state of them; `tag` narrows the list. Follow `Link`, or send `next_cursor` as `cursor`.',
  })
  @ApiOkResponse({ type: ReportPageView })
  @ApiProblems({ 400: 'The filter or the page is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: JobPageQuery): Promise<ReportPageView> {
    return this.reports.list(client, query, ({ id, state, metadata, tags, created_at }) => ({
      id,
      status: state,
      metadata,
      tags,
      href: `${this.config.publicPath}${REPORTS_PATH}/status/${id}`,
      created_at: created_at.toISOString(),
    }));
  }

  @RatePolicy('poll')
  @Get('status/:id')
  @AnswersWith(ANSWERS)
  @AllowsJobToken(JobPermission.Read)
  @HonoursWait()
  @ApiOperation({
    operationId: 'pollOrderReport',
    summary: 'Poll a report',
    description:
      'What the synchronous call would have answered, as soon as there is an answer: a redirect to the file. Clients that do not ' +
      'read files here, as those that are generated from this document, send `Accept: application/json`, or poll `GET /v1/jobs/{id}`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    schema: REPORT_JOB,
    description:
      'Not ready: ask again after `Retry-After` seconds. `status` is `IN_PROGRESS`, before the start too. Or ready, `COMPLETED`, ' +
      'where `Accept` names JSON and not the file.',
    headers: { 'Retry-After': { schema: { type: 'integer' } } },
  })
  @ApiResponse({
    status: 303,
    description: 'Ready: the file is at `Location`.',
    headers: { Location: { schema: { type: 'string', format: 'uri-reference' } } },
  })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such report.',
    410: 'It was cancelled, or erased with a person that it showed.',
    422: 'It failed: it would have been too long; the job is inside.',
    500: 'It failed for an internal reason; the job is inside.',
  })
  async status(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Req() request: RequestWithToken,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView | undefined> {
    const job = await this.reports.get(client, id);
    if (isTerminal(job.state)) return this.outcome(job, request, response);
    const view = await this.presenter.view(job);
    response.set('Retry-After', String(retryAfterSeconds(view.eta_seconds ?? 1)));
    view.status = JobState.InProgress;
    return view;
  }

  @Delete('status/:id')
  @AllowsJobToken(JobPermission.Cancel)
  @ApiOperation({
    operationId: 'cancelOrderReport',
    summary: 'Cancel a report',
    description:
      'One that waits ends at once, one that is at work within a second or two. Cancelling it again is no error; one that has ended is 409 `already_finished`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ schema: REPORT_JOB, description: 'It is cancelled.' })
  @ApiAcceptedResponse({ schema: REPORT_JOB, description: 'It is being made; its worker stops at once.' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such report.',
    409: 'It has ended otherwise.',
  })
  async cancel(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const job = await this.reports.cancel(client, id);
    response.status(job.state === JobState.Cancelled ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return this.presenter.view(job);
  }

  /** What the synchronous call would have answered. */
  private async outcome(
    job: Job,
    request: RequestWithToken,
    response: Response,
  ): Promise<JobView | undefined> {
    if (job.state === JobState.Cancelled) throw cancelled();
    if (job.erased_at !== null) throw erasedError('report', { job: await this.presenter.view(job) });
    if (job.state === JobState.Failed) throw failureOf(job, { job: await this.presenter.view(job) });
    response.vary('Accept');
    if (acceptsJsonAlone(request, job)) {
      response.status(HttpStatus.OK);
      return this.presenter.view(job);
    }
    // No Retry-After here: on a redirect it would delay the following of it (RFC 9110, section 10.2.3).
    const file = `${this.config.publicPath}${REPORTS_PATH}/${job.id}`;
    // A browser that follows sends no token of its own accord.
    response
      .status(HttpStatus.SEE_OTHER)
      .location(request.queryToken === undefined ? file : `${file}?token=${request.queryToken}`);
    return undefined;
  }
}

/**
 * Whether a 303 would lead to what the caller cannot read: clients that are generated from the document follow it, and
 * take the file for the JSON of the 200.
 */
function acceptsJsonAlone(request: Request, job: Job): boolean {
  const artifacts = artifactsOf(job.result as OrdersReportResult);
  return (
    request.accepts('application/json') !== false &&
    request.accepts(artifacts.map(({ media_type }) => media_type)) === false
  );
}
