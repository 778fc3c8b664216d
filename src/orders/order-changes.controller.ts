import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Client } from '../clients/client';
import { CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { ApiProblems } from '../common/http/problem';
import { pageSize } from '../common/pagination';
import { OrderChangesView, viewOrderChange } from './order-change.view';
import { OrderChangesService } from './order-changes.service';
import { OrderChangesQuery } from './order-queries.dto';

/** For those who keep a copy of the order book. */
@ApiTags('orders')
@RequireScope(Scope.Orders)
@Controller('v1/orders/changes')
export class OrderChangesController {
  constructor(private readonly changes: OrderChangesService) {}

  @Get()
  @AnswersPage('after')
  @ApiOperation({
    operationId: 'listOrderChanges',
    summary: 'Read what became of orders, in order',
    description:
      'Each creation, change and deletion, oldest first, without gaps; the changes of one order in the order of its `version`. ' +
      'Keep the `cursor` of the last that you have read, and ask for what came `after` it. Kept for as long as events.',
  })
  @ApiOkResponse({ type: OrderChangesView })
  @ApiProblems({
    400: 'The query is not valid.',
    410: 'Changes after this cursor are no longer kept (`cursor_expired`).',
  })
  async list(@CurrentClient() client: Client, @Query() query: OrderChangesQuery): Promise<OrderChangesView> {
    const size = pageSize(query);
    const changes = await this.changes.read(client.id, query.after, size + 1);
    const shown = changes.slice(0, size);
    const next = changes.length > size ? (shown.at(-1)?.cursor ?? null) : null;
    return { data: shown.map(viewOrderChange), next_cursor: next };
  }
}
