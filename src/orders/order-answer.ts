import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
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

/** An order with its version as the entity tag. */
export function answerOrder(response: Response, order: OrderWithLines): OrderWithLinesView {
  response.set('ETag', etagOf(order));
  return viewOrderWithLines(order);
}
