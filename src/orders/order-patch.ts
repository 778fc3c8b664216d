import { PartialType } from '@nestjs/swagger';
import { invalidField } from '../common/app-error';
import { validated } from '../common/http/validated';
import type { Order } from './order';
import { NewOrderBody, OrderHeadBody, toHead, toLines } from './order.dto';
import { OrderStatus } from './order-status';
import type { OrderChange } from './order-writer.service';

/** The body of `PATCH /v1/orders/{id}` (RFC 7396): what is `null` becomes what it is when left out of a new order. */
export class OrderPatchBody extends PartialType(NewOrderBody) {}

/**
 * What a merge patch makes of an order. The result is validated as a new order is; lines that stay are not read again.
 *
 * @throws AppError 422 that names the field
 */
export async function patched(current: Order, patch: OrderPatchBody): Promise<OrderChange> {
  const { number, lines, ...head } = given(patch);
  if (number !== undefined && number !== current.number)
    throw invalidField('number', 'number cannot be changed: delete the order, and create another');
  if (lines === undefined && head.currency !== undefined && head.currency !== current.currency)
    throw invalidField('lines', 'lines must be given with another currency');
  const merged = { ...headBodyOf(current), ...head };
  // A refund is of the order as it was; who writes that it is refunded means all of it.
  if (head.status === OrderStatus.Refunded && head.refunded_total === undefined) merged.refunded_total = null;
  if (lines === undefined)
    return { head: toHead(await validated(OrderHeadBody, withoutNulls(merged), 'body')), lines };
  const whole = await validated(
    NewOrderBody,
    withoutNulls({ ...merged, number: current.number, lines }),
    'body',
  );
  return { head: toHead(whole), lines: toLines(whole.lines) };
}

type Patch = { [Field in keyof OrderPatchBody]?: unknown };

/** The fields that the body has. */
const given = (patch: OrderPatchBody): Patch =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));

const withoutNulls = (body: Patch): Patch =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));

/** An order as it would be sent, without its number and lines. */
const headBodyOf = (order: Order): { [Field in keyof OrderHeadBody]: unknown } => ({
  ordered_at: order.ordered_at.toISOString(),
  status: order.status,
  currency: order.currency,
  customer_name: order.customer_name,
  customer_reference: order.customer_reference,
  discount_total: order.discount_total,
  shipping_total: order.shipping_total,
  tax_total: order.tax_total,
  tax_included: order.tax_included,
  adjustment_total: order.adjustment_total,
  refunded_total: order.refunded_total,
});
