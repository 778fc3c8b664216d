import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiConsumes,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  type ApiParamOptions,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Caller, Client } from '../clients/client';
import { CurrentCaller, CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { AnswersPage } from '../common/http/page-answer.interceptor';
import { preconditionsOf } from '../common/http/preconditions';
import { ApiProblems } from '../common/http/problem';
import { UuidParam } from '../common/http/uuid-param';
import { AppConfig } from '../config/app-config';
import { answerOrder, answerReadOrder, ApiReadOrder, Conditional, ETAG } from './order-answer';
import { byKey } from './order-changes';
import { OrderPatchBody, patched } from './order-patch';
import { DEFAULT_TIME_ZONE, OrderListQuery, OrderSummaryQuery, toFilter } from './order-queries.dto';
import { OrderReportQueries } from './order-report-queries';
import { OrderSummaryView, viewSummary } from './order-summary.view';
import { NewOrderBody, toNewOrder } from './order.dto';
import { OrderPageView, OrderWithLinesView, viewOrder } from './order.view';
import { OrderWriterService } from './order-writer.service';
import { OrdersService } from './orders.service';
import { RespondsAsync } from '../tasks/responds-async.decorator';
import { ORDERS_CREATE, ORDERS_READ, ORDERS_SUMMARY } from './tasks/order-tasks';

const ID: ApiParamOptions = { name: 'id', format: 'uuid' };

/** The order book. */
@ApiTags('orders')
@RequireScope(Scope.Orders)
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly config: AppConfig,
    private readonly orders: OrdersService,
    private readonly writer: OrderWriterService,
    private readonly reports: OrderReportQueries,
  ) {}

  @Get()
  @AnswersPage()
  @ApiOperation({
    operationId: 'listOrders',
    summary: 'List orders, newest first',
    description:
      'The filters narrow the list. For what has changed since you last asked, follow `GET /v1/orders/changes`.',
  })
  @ApiOkResponse({ type: OrderPageView })
  @ApiProblems({ 400: 'A filter or the cursor is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: OrderListQuery): Promise<OrderPageView> {
    const filter = {
      statuses: query.status,
      startDate: query.start_date,
      endDate: query.end_date,
      timeZone: query.time_zone ?? DEFAULT_TIME_ZONE,
      customer: query.customer,
      updatedSince: query.updated_since,
    };
    return this.orders.list(client.id, filter, query, viewOrder);
  }

  @Post()
  @RespondsAsync(ORDERS_CREATE, 'body')
  @ApiOperation({
    operationId: 'createOrder',
    summary: 'Create an order',
    description:
      'Totals are computed: each line is rounded once to the minor unit of the currency, half away from zero, and everything else is a sum of rounded amounts.',
  })
  @ApiCreatedResponse({
    type: OrderWithLinesView,
    headers: {
      ...ETAG,
      Location: { description: 'The new order.', schema: { type: 'string', format: 'uri-reference' } },
    },
  })
  @ApiProblems({
    400: 'The body is not JSON.',
    409: 'You have an order of this number already.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid.',
  })
  async create(
    @CurrentCaller() { client, keyId }: Caller,
    @Body() body: NewOrderBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderWithLinesView> {
    const order = await this.writer.create(client.id, toNewOrder(body, body.number), byKey(keyId));
    response.location(`${this.config.publicPath}/v1/orders/${order.id}`);
    return answerOrder(response, order);
  }

  @Get('summary')
  @RespondsAsync(ORDERS_SUMMARY, 'query')
  @ApiOperation({
    operationId: 'summarizeOrders',
    summary: 'Totals and revenue over time in a period',
    description:
      'By currency and status, and over time, of one snapshot. With `Prefer: respond-async` it becomes a task.',
  })
  @ApiOkResponse({ type: OrderSummaryView })
  @ApiProblems({ 400: 'The period or a filter is not valid.' })
  async summary(
    @CurrentClient() client: Client,
    @Query() query: OrderSummaryQuery,
  ): Promise<OrderSummaryView> {
    return viewSummary(await this.reports.summarize(client.id, toFilter(query)));
  }

  @Get(':id')
  @RespondsAsync(ORDERS_READ, 'param')
  @ApiOperation({
    operationId: 'getOrder',
    summary: 'Read an order with its lines',
    description: 'Its `ETag` is its version, for `If-Match`. With `Prefer: respond-async` it becomes a task.',
  })
  @ApiParam(ID)
  @ApiReadOrder()
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such order.' })
  async get(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderWithLinesView | undefined> {
    return answerReadOrder(request, response, await this.orders.get(client.id, { id }));
  }

  @Patch(':id')
  @ApiOperation({
    operationId: 'updateOrder',
    summary: 'Change an order',
    description:
      'A merge patch (RFC 7396), as `application/merge-patch+json` or `application/json`: what is left out stays, and what is `null` becomes what it is when left out of a new order. ' +
      '`lines` replaces all lines. The number stays. Writing the status `refunded` without `refunded_total` refunds the whole total.',
  })
  @ApiParam(ID)
  @Conditional()
  @ApiConsumes('application/json', 'application/merge-patch+json')
  @ApiOkResponse({ type: OrderWithLinesView, headers: ETAG })
  @ApiProblems({
    400: 'The id is not a UUID, or the body is not JSON.',
    404: 'You have no such order.',
    412: 'The order is not as If-Match or If-None-Match demands.',
    413: 'The body is too large.',
    415: 'The body is not JSON.',
    422: 'The order would not be valid.',
  })
  async patch(
    @CurrentCaller() { client, keyId }: Caller,
    @Param('id', UuidParam) id: string,
    @Body() patch: OrderPatchBody,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderWithLinesView> {
    const order = await this.writer.patch(
      client.id,
      id,
      preconditionsOf(request),
      (current) => patched(current, patch),
      byKey(keyId),
    );
    return answerOrder(response, order);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'deleteOrder',
    summary: 'Delete an order',
    description: 'Its number is free again. The changes say that it was deleted.',
  })
  @ApiParam(ID)
  @Conditional()
  @ApiNoContentResponse()
  @ApiProblems({
    400: 'The id is not a UUID.',
    404: 'You have no such order.',
    412: 'The order is not as If-Match or If-None-Match demands.',
  })
  async delete(
    @CurrentCaller() { client, keyId }: Caller,
    @Param('id', UuidParam) id: string,
    @Req() request: Request,
  ): Promise<void> {
    await this.writer.delete(client.id, id, preconditionsOf(request), byKey(keyId));
  }
}
