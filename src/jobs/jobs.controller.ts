import { Controller, Delete, Get, HttpStatus, Param, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { CurrentCaller } from '../clients/current-client.decorator';
import type { Caller } from '../clients/client';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { ApiProblems } from '../common/http/problem';
import { RatePolicy } from '../common/http/rate-policy';
import { LinkToNext } from '../common/http/link-to-next.interceptor';
import { UuidParam } from '../common/http/uuid-param';
import { JobCancellation } from './job-cancellation.service';
import { JobListQuery, JobPageView } from './job-list.query';
import { JobQueries } from './job-queries';
import { JobState } from './job-state';
import { JobTypeRegistry } from './job-type.registry';
import { JobPresenter } from './job.presenter';
import { JobView } from './job.view';
import { retryAfterSeconds } from '../common/retry-after';

/** The monitor: every job of the caller's, whatever its type. Never redirects. */
@ApiTags('jobs')
@RequireScope(Scope.Reports, Scope.Orders)
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly queries: JobQueries,
    private readonly cancellation: JobCancellation,
    private readonly presenter: JobPresenter,
    private readonly registry: JobTypeRegistry,
  ) {}

  @Get()
  @LinkToNext()
  @ApiOperation({ summary: 'List jobs, newest first' })
  @ApiOkResponse({ type: JobPageView })
  @ApiProblems({ 400: 'A filter is not valid.' })
  list(@CurrentCaller() caller: Caller, @Query() query: JobListQuery): Promise<JobPageView> {
    const visible = this.registry.visibleTo(caller.scopes);
    const types = query.type === undefined ? visible : visible.filter((name) => name === query.type);
    return this.queries.list(
      caller.client.id,
      { types, states: query.status, createdSince: query.created_since, createdUntil: query.created_until },
      query,
      (job) => this.presenter.viewWith(job, null),
    );
  }

  @RatePolicy('poll')
  @Get(':id')
  @ApiOperation({
    summary: 'Watch a job',
    description: 'Always 200 for a job of yours, so that a browser never follows a redirect by accident.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: JobView })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such job.' })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const job = await this.queries.get(caller.client.id, id, this.registry.visibleTo(caller.scopes));
    const view = await this.presenter.view(job);
    if (view.eta_seconds !== null) response.set('Retry-After', String(retryAfterSeconds(view.eta_seconds)));
    return view;
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Cancel a job' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: JobView, description: 'It is cancelled.' })
  @ApiAcceptedResponse({ type: JobView, description: 'It is running; its worker stops it at once.' })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such job.', 409: 'It has ended otherwise.' })
  async cancel(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JobView> {
    const { id: found } = await this.queries.get(
      caller.client.id,
      id,
      this.registry.visibleTo(caller.scopes),
    );
    const job = await this.cancellation.cancel(caller.client.id, found);
    response.status(job.state === JobState.Cancelled ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return this.presenter.view(job);
  }
}
