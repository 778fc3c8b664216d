import { applyDecorators, HttpStatus } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { isFresh } from '../common/http/validators';
import type { OrderWithLines } from './order';
import { OrderWithLinesView, viewOrderWithLines } from './order.view';
import { etagOf } from './order-writer.service';

/** For the documents of a route that answers with an order. */
export const ETAG = {
  ETag: { description: 'The `version` of the order, in quotes.', schema: { type: 'string' } },
} as const;

/** For a route that changes an order. */
export const Conditional = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Only if the order has this `ETag`; `*`: only if there is one.',
      schema: { type: 'string', example: '"3"' },
    }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: '`*`: only if there is none.',
      schema: { type: 'string', example: '*' },
    }),
  );

/** For a route that reads an order. */
export const ApiReadOrder = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'The `ETag` of the order that you have.',
      schema: { type: 'string', example: '"3"' },
    }),
    ApiOkResponse({ type: OrderWithLinesView, headers: ETAG }),
    ApiResponse({ status: 304, description: 'The order is as you have it.', headers: ETAG }),
  );

/** An order with its version as the entity tag. */
export function answerOrder(response: Response, order: OrderWithLines): OrderWithLinesView {
  response.set('ETag', etagOf(order));
  return viewOrderWithLines(order);
}

/** The same for who reads it, and nothing of it (304) for who has it already. */
export function answerReadOrder(
  request: Request,
  response: Response,
  order: OrderWithLines,
): OrderWithLinesView | undefined {
  response.set('Cache-Control', 'private, no-cache');
  const view = answerOrder(response, order);
  if (!isFresh(request, etagOf(order))) return view;
  response.status(HttpStatus.NOT_MODIFIED);
  return undefined;
}
