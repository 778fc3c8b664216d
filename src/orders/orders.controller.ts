import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Client } from '../clients/client';
import { CurrentClient } from '../clients/current-client.decorator';
import { RequireScope } from '../clients/require-scope.decorator';
import { Scope } from '../clients/scope';
import { LinkToNext } from '../common/http/link-to-next.interceptor';
import { ApiProblems } from '../common/http/problem';
import { UuidParam } from '../common/http/uuid-param';
import { AppConfig } from '../config/app-config';
import { DEFAULT_TIME_ZONE, OrderListQuery, OrderSummaryQuery, toFilter } from './order-queries.dto';
import { OrderReportQueries } from './order-report-queries';
import { OrderSummaryView, viewSummary } from './order-summary.view';
import { NewOrderBody, toNewOrder } from './order.dto';
import { OrderPageView, OrderWithLinesView, viewOrder, viewOrderWithLines } from './order.view';
import { OrdersService } from './orders.service';
import { RespondsAsync } from '../tasks/responds-async.decorator';
import { ORDERS_CREATE, ORDERS_READ, ORDERS_SUMMARY } from './tasks/order-tasks';

/** The order book. */
@ApiTags('orders')
@RequireScope(Scope.Orders)
@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly config: AppConfig,
    private readonly orders: OrdersService,
    private readonly reports: OrderReportQueries,
  ) {}

  @Get()
  @LinkToNext()
  @ApiOperation({ summary: 'List orders, newest first' })
  @ApiOkResponse({ type: OrderPageView })
  @ApiProblems({ 400: 'A filter or the cursor is not valid.' })
  list(@CurrentClient() client: Client, @Query() query: OrderListQuery): Promise<OrderPageView> {
    const filter = {
      statuses: query.status,
      startDate: query.start_date,
      endDate: query.end_date,
      timeZone: query.time_zone ?? DEFAULT_TIME_ZONE,
      customer: query.customer,
    };
    return this.orders.list(client.id, filter, query, viewOrder);
  }

  @Post()
  @RespondsAsync(ORDERS_CREATE, 'body')
  @ApiOperation({ summary: 'Create an order', description: 'Totals are computed from the lines, exactly.' })
  @ApiCreatedResponse({
    type: OrderWithLinesView,
    headers: { Location: { description: 'The new order.', schema: { type: 'string', format: 'uri' } } },
  })
  @ApiProblems({
    400: 'The body is not JSON.',
    409: 'You have an order of this number already.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid.',
  })
  async create(
    @CurrentClient() client: Client,
    @Body() body: NewOrderBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderWithLinesView> {
    const order = await this.orders.create(client.id, toNewOrder(body));
    response.location(`${this.config.publicUrl}/v1/orders/${order.id}`);
    return viewOrderWithLines(order);
  }

  @Get('summary')
  @RespondsAsync(ORDERS_SUMMARY, 'query')
  @ApiOperation({ summary: 'Totals and revenue over time in a period' })
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
  @ApiOperation({ summary: 'Read an order with its lines' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: OrderWithLinesView })
  @ApiProblems({ 400: 'The id is not a UUID.', 404: 'You have no such order.' })
  async get(
    @CurrentClient() client: Client,
    @Param('id', UuidParam) id: string,
  ): Promise<OrderWithLinesView> {
    return viewOrderWithLines(await this.orders.get(client.id, id));
  }
}
