import { Body, Controller, Get, HttpStatus, Param, Put, Req, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
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
import { invalidField } from '../common/app-error';
import { preconditionsOf } from '../common/http/preconditions';
import { ApiProblems } from '../common/http/problem';
import { AppConfig } from '../config/app-config';
import { answerOrder, answerReadOrder, ApiReadOrder, Conditional, ETAG } from './order-answer';
import { byKey } from './order-changes';
import { OrderNumberParams, OrderReplacementBody, toNewOrder } from './order.dto';
import { OrderWithLinesView } from './order.view';
import { OrderWriterService } from './order-writer.service';
import { OrdersService } from './orders.service';

const NUMBER: ApiParamOptions = {
  name: 'number',
  description: "The order's number, percent-encoded.",
  example: 'CA-2016-152156',
};

/** Orders by the number that their owner gave them. */
@ApiTags('orders')
@RequireScope(Scope.Orders)
@Controller('v1/orders/by-number')
export class OrdersByNumberController {
  constructor(
    private readonly config: AppConfig,
    private readonly orders: OrdersService,
    private readonly writer: OrderWriterService,
  ) {}

  @Get(':number')
  @ApiOperation({
    operationId: 'getOrderByNumber',
    summary: 'Read the order of a number, with its lines',
    description:
      'By the number that you gave it, percent-encoded in the address. Its `ETag` is its version, for `If-Match`.',
  })
  @ApiParam(NUMBER)
  @ApiReadOrder()
  @ApiProblems({ 400: 'No order can have this number.', 404: 'You have no order of this number.' })
  async getByNumber(
    @CurrentClient() client: Client,
    @Param() { number }: OrderNumberParams,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderWithLinesView | undefined> {
    return answerReadOrder(request, response, await this.orders.get(client.id, { number }));
  }

  @Put(':number')
  @ApiOperation({
    operationId: 'putOrderByNumber',
    summary: 'Create or replace the order of a number',
    description:
      'An order that is there keeps its id, and is replaced as a whole; one that is there exactly so keeps its `version` too. So the same call can be made again and again.',
  })
  @ApiParam(NUMBER)
  @Conditional()
  @ApiCreatedResponse({
    type: OrderWithLinesView,
    headers: ETAG,
    description: 'There was no order of this number.',
  })
  @ApiOkResponse({ type: OrderWithLinesView, headers: ETAG })
  @ApiProblems({
    400: 'The body is not JSON, or no order can have this number.',
    412: 'The order is not as If-Match or If-None-Match demands.',
    413: 'The body is too large.',
    415: 'The body is not application/json.',
    422: 'A field is not valid, or `number` is not that of the address.',
  })
  async put(
    @CurrentCaller() { client, keyId }: Caller,
    @Param() { number }: OrderNumberParams,
    @Body() body: OrderReplacementBody,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderWithLinesView> {
    if (body.number !== undefined && body.number !== number)
      throw invalidField('number', 'number must be that of the address, or be left out');
    const { order, isNew } = await this.writer.put(
      client.id,
      toNewOrder(body, number),
      preconditionsOf(request),
      byKey(keyId),
    );
    if (isNew) response.location(`${this.config.publicPath}/v1/orders/${order.id}`);
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK);
    return answerOrder(response, order);
  }
}
