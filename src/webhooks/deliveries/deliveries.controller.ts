import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../../clients/audit-entry';
import type { Client } from '../../clients/client';
import { CurrentActor, CurrentClient } from '../../clients/current-client.decorator';
import { RequireScope } from '../../clients/require-scope.decorator';
import { Scope } from '../../clients/scope';
import { AnswersPage } from '../../common/http/page-answer.interceptor';
import { ApiProblems, passing } from '../../common/http/problem';
import { UuidParam } from '../../common/http/uuid-param';
import { DeliveriesService } from './deliveries.service';
import { DeliveryListQuery } from './delivery-list.query';
import {
  attemptView,
  DeliveryPageView,
  DeliveryView,
  deliveryView,
  DeliveryWithAttemptsView,
} from './delivery.view';

/** What was sent to whom, how it went, and when it is tried again. */
@ApiTags('webhooks')
@RequireScope(Scope.Webhooks)
@Controller('v1/webhooks/deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries, newest first',
    description: 'Each with its attempts and their outcome; the filters narrow the list.',
  })
  @ApiOkResponse({ type: DeliveryPageView })
  @ApiProblems({ 400: 'A filter is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: DeliveryListQuery): Promise<DeliveryPageView> {
    return this.deliveries.list(client.id, query, deliveryView);
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'getWebhookDelivery',
    summary: 'Read a delivery and its attempts',
    description: 'Of a `callback_url` that is no endpoint, every failure to reach it is `unreachable`.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: DeliveryWithAttemptsView })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such delivery.' })
  async get(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
  ): Promise<DeliveryWithAttemptsView> {
    const delivery = await this.deliveries.get(client.id, id);
    const attempts = await this.deliveries.attemptsOf(delivery);
    return Object.assign(deliveryView(delivery), {
      attempt_log: attempts.map((row) => attemptView(delivery, row)),
    });
  }

  @Post(':id/redeliver')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({
    operationId: 'redeliverWebhookDelivery',
    summary: 'Deliver again',
    description: 'The same id and the same bytes, on a fresh schedule.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiAcceptedResponse({ type: DeliveryView })
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such delivery.',
    409: passing(
      'It is being delivered just now (`reason` `under_way`; try again after `Retry-After`), or its endpoint gets ' +
        'nothing (`endpoint_removed`, `endpoint_unverified`, `endpoint_disabled`).',
    ),
    410: 'A person that it was about was erased.',
  })
  async redeliver(@CurrentActor() actor: Actor, @Param('id', UuidParam) id: string): Promise<DeliveryView> {
    return deliveryView(await this.deliveries.redeliver(actor, id));
  }
}
