import { Controller, Get, Headers, HttpStatus, Param, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AllowsJobToken } from '../../clients/allows-job-token.decorator';
import type { Caller } from '../../clients/client';
import { CurrentCaller } from '../../clients/current-client.decorator';
import { JobPermission } from '../../clients/job-token';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { EventStream } from '../../common/http/event-stream';
import { AnswersWith } from '../../common/http/media-types.guard';
import { ApiProblems } from '../../common/http/problem';
import { RatePolicy } from '../../common/http/rate-policy';
import { UuidParam } from '../../common/http/uuid-param';
import { JobEventView, JobProgressView, viewEvent } from './job-event.view';
import { JobPresenter } from './job.presenter';
import { JobEventStreamsService } from './job-event-streams.service';
import { type Job, JobState } from '../job';
import { JobTypeRegistry } from '../job-type.registry';
import type { JobUpdate } from './job-watch.service';

const DESCRIPTION = `Server-Sent Events: the job's history from its beginning, then what happens, until the terminal event.
The event's name is the last part of its \`type\` (\`accepted\`, \`started\`, \`progressed\`, \`completed\`, …), its data a
\`JobEventView\`, its \`id\` the id that the event has on every channel. Between them, \`progress\` events without an id have a
\`JobProgressView\`. After a break, send the last id as \`Last-Event-ID\` (an \`EventSource\` does so).`;

/** A job's events as they happen. */
@ApiTags('jobs')
@RequireScope(Scope.Reports, Scope.Orders, Scope.Webhooks)
@Controller('v1/jobs')
export class JobEventsController {
  constructor(
    private readonly streams: JobEventStreamsService,
    private readonly registry: JobTypeRegistry,
    private readonly presenter: JobPresenter,
  ) {}

  @Get(':id/events')
  @AnswersWith(['text/event-stream'])
  @AllowsJobToken(JobPermission.Stream)
  @RatePolicy('poll')
  @ApiOperation({ operationId: 'streamJobEvents', summary: 'Stream a job', description: DESCRIPTION })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({ name: 'Last-Event-ID', required: false, schema: { type: 'string', format: 'uuid' } })
  @ApiExtraModels(JobEventView, JobProgressView)
  @ApiOkResponse({
    description: 'The schema is that of the `data` of each event.',
    content: {
      'text/event-stream': {
        schema: { oneOf: [{ $ref: getSchemaPath(JobEventView) }, { $ref: getSchemaPath(JobProgressView) }] },
      },
    },
  })
  @ApiNoContentResponse({ description: 'The job has ended, and you have its last event: do not reconnect.' })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such job.',
    429: 'You hold too many streams open.',
  })
  async stream(
    @CurrentCaller() caller: Caller,
    @Param('id', UuidParam) id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const types = this.registry.visibleTo(caller.scopes);
    const opened = await this.streams.open(caller, id, types, lastEventId);
    if (opened === null) {
      response.status(HttpStatus.NO_CONTENT).end();
      return;
    }
    const stream = new EventStream(response);
    const subscription = opened.updates.subscribe({
      next: (item) => this.send(stream, opened.job, item),
      complete: () => stream.end(),
    });
    response.on('close', () => subscription.unsubscribe());
    // HEAD gets the headers alone; a stream would keep the request open.
    if (request.method === 'HEAD') stream.end();
  }

  private send(stream: EventStream, job: Job, { events, state, attempt, progress, step }: JobUpdate): void {
    for (const event of events) {
      const name = event.type.slice(event.type.lastIndexOf('.') + 1);
      stream.send({ id: event.id, event: name, data: viewEvent(job, event, this.presenter) });
    }
    if (state !== JobState.InProgress) return;
    const data: JobProgressView = { status: state, attempt, progress, step };
    stream.send({ event: 'progress', data });
  }
}
