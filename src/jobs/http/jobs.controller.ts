import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
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
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { AllowsJobToken } from '../../clients/allows-job-token.decorator';
import type { Actor } from '../../clients/audit-entry';
import {
  type AuthenticatedRequest,
  CurrentActor,
  CurrentCaller,
} from '../../clients/current-client.decorator';
import type { Caller } from '../../clients/client';
import { JobPermission } from '../../clients/job-token';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { ApiProblems } from '../../common/http/problem';
import { RatePolicy } from '../../common/http/rate-policy';
import { AnswersPage } from '../../common/http/page-answer.interceptor';
import { UuidParam } from '../../common/http/uuid-param';
import { parseIdempotencyKey } from '../../common/http/idempotency-key';
import { JobSubmissionService } from '../job-submission.service';
import { HonoursWait } from './prefer-wait';
import { AcceptsJob, Acceptance } from './acceptance';
import { JOB_CALLBACK } from './job-callback.view';
import { JobsService } from '../jobs.service';
import { JobListQuery, JobPageView } from './job-list.query';
import { JobState } from '../job';
import { JobSubmissionBody } from './job-submission.dto';
import { JobTypeRegistry } from '../job-type.registry';
import { JobPresenter } from './job.presenter';
import { JobView } from './job.view';
import { retryAfterSeconds } from '../../common/retry-after';

/** The monitor: every job of the caller's, whatever its type. Never redirects. */
@ApiTags('jobs')
@RequireScope(Scope.Reports, Scope.Orders, Scope.Webhooks)
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly submission: JobSubmissionService,
    private readonly jobs: JobsService,
    private readonly presenter: JobPresenter,
    private readonly registry: JobTypeRegistry,
    private readonly acceptance: Acceptance,
  ) {}

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listJobs',
    summary: 'List jobs, newest first',
    description:
      'Of every type; the filters narrow the list. Follow `Link`, or send `next_cursor` as `cursor`.',
  })
  @ApiOkResponse({ type: JobPageView })
  @ApiProblems({ 400: 'A filter is not valid.' })
  list(@CurrentCaller() caller: Caller, @Query() query: JobListQuery): Promise<JobPageView> {
    const visible = this.registry.visibleTo(caller.scopes);
    const types = query.type === undefined ? visible : visible.filter((name) => name === query.type);
    return this.jobs.list(
      caller.client.id,
      {
        types,
        states: query.status,
        tag: query.tag,
        createdSince: query.created_since,
        createdUntil: query.created_until,
      },
      query,
      (job) => this.presenter.viewWith(job, null),
    );
  }

  @Post()
  @RequireScope(Scope.Reports, Scope.Orders)
  @AcceptsJob()
  @ApiOperation({
    operationId: 'createJob',
    summary: 'Submit a job of any type',
    description: 'The same as the operation of the type: `orders.report` for `POST /v1/orders/reports`.',
  })
  @ApiCallbacks(JOB_CALLBACK)
  @ApiOkResponse({ type: JobView, description: 'It ended while you waited, whichever way: see `status`.' })
  @ApiProblems({
    400: 'The body is not JSON.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'You may not submit this type, a field is not valid, or the Idempotency-Key was used with another body.',
  })
  async submit(
    @CurrentCaller() caller: Caller,
    @Body() body: JobSubmissionBody,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() httpRequest: AuthenticatedRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const request = { method: 'POST', path: '/v1/jobs', body };
    const accepted = await this.submission.submitAny(
      caller,
      body,
      request,
      parseIdempotencyKey(idempotencyKey),
    );
    const answer = await this.acceptance.answer(accepted, httpRequest, response);
    if ('view' in answer) return answer.view;
    response.status(HttpStatus.OK);
    return this.presenter.view(answer.ended);
  }

  @Post(':id/retry')
  @RequireScope(Scope.Admin)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'retryJob',
    summary: 'Try a failed job again',
    description:
      "For operators, whoever's job it is. Same id, fresh counters and deadline; its end is a new event, with callbacks of its own.",
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({ type: JobView, description: 'It waits for its next attempt.' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'There is no such job.',
    409: 'It has not failed.',
    410: 'What it was about was erased.',
  })
  async retry(@CurrentActor() actor: Actor, @Param('id', UuidParam) id: string): Promise<JobView> {
    return this.presenter.view(await this.jobs.retry(actor, id));
  }

  @RatePolicy('poll')
  @Get(':id')
  @AllowsJobToken(JobPermission.Read)
  @HonoursWait()
  @ApiOperation({
    operationId: 'getJob',
    summary: 'Watch a job',
    description: 'Always 200 for a job of yours, so that a browser never follows a redirect by accident.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({
    type: JobView,
    headers: {
      'Retry-After': {
        description: 'Seconds to wait before looking again; not once it has ended.',
        schema: { type: 'integer' },
      },
    },
  })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such job.' })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const job = await this.jobs.get(caller.client.id, id, this.registry.visibleTo(caller.scopes));
    const view = await this.presenter.view(job);
    if (view.eta_seconds !== null) response.set('Retry-After', String(retryAfterSeconds(view.eta_seconds)));
    return view;
  }

  @Delete(':id')
  @AllowsJobToken(JobPermission.Cancel)
  @ApiOperation({
    operationId: 'cancelJob',
    summary: 'Cancel a job',
    description:
      'One that waits ends at once, one that is at work within a second or two. Cancelling it again is no error; one that has ended is 409 `already_finished`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: JobView, description: 'It is cancelled.' })
  @ApiAcceptedResponse({ type: JobView, description: 'It is running; its worker stops it at once.' })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such job.', 409: 'It has ended otherwise.' })
  async cancel(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const { id: found } = await this.jobs.get(caller.client.id, id, this.registry.visibleTo(caller.scopes));
    const job = await this.jobs.cancel(caller.client.id, found);
    response.status(job.state === JobState.Cancelled ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return this.presenter.view(job);
  }
}
