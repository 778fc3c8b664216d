import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Client } from '../../clients/client';
import { CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { AppError } from '../../common/app-error';
import { AnswersPage } from '../../common/http/page-answer.interceptor';
import { ApiProblems } from '../../common/http/problem';
import { pageSize } from '../../common/pagination';
import { EventFeedQuery, EventFeedView } from './event-feed.query';
import { EventFeedService, type FeedEvent } from './event-feed.service';

/** For those who would rather ask than be called, and to find what a callback missed. */
@ApiTags('webhooks')
@RequireScope(Scope.Webhooks)
@Controller('v1/events')
export class EventsController {
  constructor(private readonly feed: EventFeedService) {}

  @Get()
  @AnswersPage('after')
  @ApiOperation({
    operationId: 'listEvents',
    summary: 'Read events in order',
    description:
      'The event feed: the callbacks to pull, the same events with the same ids and bytes, oldest first, without gaps. Kept as ' +
      'long as the operator says (`EVENT_RETENTION_DAYS`). Keep the id of the last event that you have read, and ask for what came `after` it.',
  })
  @ApiOkResponse({ type: EventFeedView })
  @ApiProblems({ 400: 'The query is not valid.', 410: 'The event of `after` is no longer kept.' })
  async list(@CurrentClient() client: Client, @Query() query: EventFeedQuery): Promise<EventFeedView> {
    const size = pageSize(query);
    const events = await this.eventsOf(client.id, query, size + 1);
    const shown = events.slice(0, size);
    const next = events.length > size ? (shown.at(-1)?.id ?? null) : null;
    return {
      data: shown.map(({ id, type, job_id, body, occurred_at }) => ({
        id,
        type,
        timestamp: occurred_at.toISOString(),
        job_id,
        body: body?.toString('utf8') ?? null,
      })),
      next_cursor: next,
    };
  }

  private eventsOf(
    clientId: string,
    { after, newest = false }: EventFeedQuery,
    most: number,
  ): Promise<FeedEvent[]> {
    if (!newest) return this.feed.read(clientId, after, most);
    if (after === undefined) return this.feed.newest(clientId);
    throw new AppError('bad_request', 'invalid_request', 'The query is not valid.', {
      errors: [{ field: 'newest', message: 'newest must not be given together with after' }],
    });
  }
}
