import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { DataSource, EntityManager } from 'typeorm';
import { AppError, type FieldError, notFound } from '../common/app-error';
import { parseDecimal } from '../common/decimal';
import { type Preconditions, requirePreconditions } from '../common/http/preconditions';
import { newId } from '../common/ids';
import { NewOrder, NewOrderLine, Order, ORDER_FIELDS, OrderHead, OrderLine, OrderWithLines } from './order';
import { lineAmounts, OrderAmounts, orderAmounts, unitOf } from './order-amounts';
import { type ChangedBy, insertChanges, lockWriters, writersLock } from './order-changes';
import { OrdersService } from './orders.service';

/** What a change makes of an order that is there. */
export interface OrderChange {
  head: OrderHead;
  /** All of its lines; `undefined`: they stay as they are. */
  lines: NewOrderLine[] | undefined;
}

type WrittenLine = NewOrderLine & { total: string };

/** An order with all amounts. */
interface WrittenOrder {
  head: OrderHead & OrderAmounts;
  lines: WrittenLine[] | undefined;
}

const CREATE = `
  WITH writing AS MATERIALIZED (${writersLock('$2')}),
  line AS (
    SELECT * FROM unnest($18::text[], $19::text[], $20::numeric[], $21::numeric[], $22::numeric[])
      WITH ORDINALITY AS l(sku, description, quantity, unit_price, total, position)
  ), created AS (
    INSERT INTO orders (id, client_id, number, ordered_at, status, currency, customer_name, customer_reference, subtotal,
      discount_total, shipping_total, tax_total, tax_included, adjustment_total, refunded_total, line_count)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9::numeric, $10::numeric, $11::numeric, $12::numeric, $13, $14::numeric,
      $15::numeric, (SELECT count(*) FROM line)
    FROM writing
    ON CONFLICT (client_id, number) DO NOTHING
    RETURNING *
  ), change AS (${insertChanges('created', 'created', { client: '$2', key: '$16::uuid', job: '$17::uuid' })}),
  lines AS (
    INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
    SELECT created.id, line.* FROM created, (SELECT position, sku, description, quantity, unit_price, total FROM line) line
  )
  SELECT ${ORDER_FIELDS} FROM created`;

const UPDATE = `
  WITH updated AS (
    UPDATE orders SET ordered_at = $2, status = $3, currency = $4, customer_name = $5, customer_reference = $6,
      subtotal = $7::numeric, discount_total = $8::numeric, shipping_total = $9::numeric, tax_total = $10::numeric,
      tax_included = $11, adjustment_total = $12::numeric, refunded_total = $13::numeric,
      line_count = coalesce($14, line_count), version = version + 1, updated_at = now()
    WHERE id = $1 RETURNING id, client_id, number, version
  )
  ${insertChanges('updated', 'updated', { client: 'client_id', key: '$15::uuid', job: '$16::uuid' })}`;

const DELETE = `
  WITH deleted AS (DELETE FROM orders WHERE id = $1 RETURNING id, client_id, number, version + 1 AS version)
  ${insertChanges('deleted', 'deleted', { client: 'client_id', key: '$2::uuid', job: '$3::uuid' })}`;

const INSERT_LINES = `
  INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
  SELECT $1, position, sku, description, quantity, unit_price, total
  FROM unnest($2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::numeric[])
    WITH ORDINALITY AS l(sku, description, quantity, unit_price, total, position)`;

/** Writes orders. Each change is an entry of the feed of changes in the same statement, with one more in the order's version. */
@Injectable()
export class OrderWriterService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly orders: OrdersService,
  ) {}

  /**
   * @throws AppError `duplicate_order_number` (409) when the client has an order of that number; 422 for amounts that the
   *   currency does not have, that are too large, or that do not fit together
   */
  create(clientId: string, order: NewOrder, by: ChangedBy): Promise<OrderWithLines> {
    return this.createAs(newId(), this.dataSource.manager, clientId, order, by);
  }

  /** The same under an id that the caller chose, as the first statement of a transaction of the caller's. */
  async createAs(
    id: string,
    manager: EntityManager,
    clientId: string,
    order: NewOrder,
    by: ChangedBy,
  ): Promise<OrderWithLines> {
    const created = await insert(manager, id, clientId, order, by);
    if (created !== undefined) return created;
    throw new AppError('conflict', 'duplicate_order_number', 'You have an order of this number already.', {
      errors: [{ field: 'number', message: 'number is taken by another order' }],
    });
  }

  /**
   * Creates the order of a number, or replaces what there is of it. What is there already as it is given stays as it is,
   * with its version.
   *
   * @throws AppError 412 `precondition_failed`; 422 as `create`
   */
  put(
    clientId: string,
    order: NewOrder,
    preconditions: Preconditions,
    by: ChangedBy,
  ): Promise<{ order: OrderWithLines; isNew: boolean }> {
    return this.changing(clientId, async (manager) => {
      for (;;) {
        const current = await this.orders.findForUpdate(manager, clientId, { number: order.number });
        requirePreconditions(preconditions, current && etagOf(current));
        if (current !== undefined) {
          const { lines, ...head } = order;
          return { order: await this.update(manager, clientId, current, { head, lines }, by), isNew: false };
        }
        const created = await insert(manager, newId(), clientId, order, by);
        if (created !== undefined) return { order: created, isNew: true };
        // Another writer was faster with the number, and has ended: now there is one to replace.
      }
    });
  }

  /**
   * Changes an order by what it is now.
   *
   * @throws AppError 404; 412 `precondition_failed`; 422 as `create`; what `changeOf` throws
   */
  patch(
    clientId: string,
    id: string,
    preconditions: Preconditions,
    changeOf: (current: Order) => Promise<OrderChange>,
    by: ChangedBy,
  ): Promise<OrderWithLines> {
    return this.changing(clientId, async (manager) => {
      const current = await this.current(manager, clientId, id, preconditions);
      return this.update(manager, clientId, current, await changeOf(current), by);
    });
  }

  /** @throws AppError 404; 412 `precondition_failed` */
  async delete(clientId: string, id: string, preconditions: Preconditions, by: ChangedBy): Promise<void> {
    await this.changing(clientId, async (manager) => {
      await this.current(manager, clientId, id, preconditions);
      await manager.query(DELETE, [id, by.keyId, by.jobId]);
    });
  }

  private changing<T>(clientId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await lockWriters(manager, clientId);
      return work(manager);
    });
  }

  private async current(
    manager: EntityManager,
    clientId: string,
    id: string,
    preconditions: Preconditions,
  ): Promise<Order> {
    const current = await this.orders.findForUpdate(manager, clientId, { id });
    if (current === undefined) throw notFound('order');
    requirePreconditions(preconditions, etagOf(current));
    return current;
  }

  private async update(
    manager: EntityManager,
    clientId: string,
    current: Order,
    change: OrderChange,
    by: ChangedBy,
  ): Promise<OrderWithLines> {
    const { head, lines } = withAmounts(change.head, change.lines ?? current.subtotal);
    const before = await this.orders.linesOf(manager, current.id);
    const isSame =
      isDeepStrictEqual(valuesOf(head), valuesOf(headOf(current))) &&
      (lines === undefined || isDeepStrictEqual(lines.map(toLine), before));
    const { id } = current;
    if (isSame) return { ...current, lines: before };
    await manager.query(UPDATE, [id, ...valuesOf(head), lines?.length ?? null, by.keyId, by.jobId]);
    if (lines !== undefined) {
      await manager.query('DELETE FROM order_line WHERE order_id = $1', [id]);
      await manager.query(INSERT_LINES, [id, ...columnsOf(lines)]);
    }
    const written = await this.orders.read(manager, clientId, { id });
    if (written === undefined) throw new Error(`The order ${id} is locked and not there.`);
    return written;
  }
}

/** With its quotes; strong, since equal versions are equal to the byte. */
export const etagOf = ({ version }: Pick<Order, 'version'>): string => `"${version}"`;

/** @returns `undefined` when the client has an order of that number */
async function insert(
  manager: EntityManager,
  id: string,
  clientId: string,
  order: NewOrder,
  by: ChangedBy,
): Promise<OrderWithLines | undefined> {
  const { head, lines = [] } = withAmounts(order, order.lines);
  const [created] = await manager.query<Order[]>(CREATE, [
    id,
    clientId,
    order.number,
    ...valuesOf(head),
    by.keyId,
    by.jobId,
    ...columnsOf(lines),
  ]);
  return created && { ...created, lines: lines.map(toLine) };
}

/**
 * @param lines the lines, or what those that stay come to
 * @throws AppError 422 that names each field
 */
function withAmounts(head: OrderHead, lines: NewOrderLine[] | string): WrittenOrder {
  const unit = unitOf(head.currency);
  const errors: FieldError[] = [];
  const refuse = (field: string, message: string): void => {
    errors.push({ field, message });
  };
  const written =
    typeof lines === 'string'
      ? undefined
      : lines.flatMap((line, index) => {
          const amounts = lineAmounts(line, unit, (field, message) =>
            refuse(`lines.${index}.${field}`, message),
          );
          return amounts === undefined ? [] : [{ ...line, ...amounts }];
        });
  const totals = written?.map(({ total }) => total) ?? [lines as string];
  const subtotal = totals.reduce((sum, total) => sum + (parseDecimal(total, unit) ?? 0n), 0n);
  const amounts = orderAmounts({ status: head.status, subtotal, given: head }, unit, refuse);
  if (amounts === undefined || errors.length > 0)
    throw new AppError('unprocessable', 'invalid_request', 'The request is not valid.', { errors });
  return { head: { ...head, ...amounts }, lines: written };
}

/** In the order of the parameters of `CREATE` and `UPDATE`. */
const valuesOf = (head: OrderHead & OrderAmounts): unknown[] => [
  head.orderedAt,
  head.status,
  head.currency,
  head.customerName,
  head.customerReference,
  head.subtotal,
  head.discountTotal,
  head.shippingTotal,
  head.taxTotal,
  head.taxIncluded,
  head.adjustmentTotal,
  head.refundedTotal,
];

const headOf = (order: Order): OrderHead & OrderAmounts => ({
  orderedAt: order.ordered_at,
  status: order.status,
  currency: order.currency,
  customerName: order.customer_name,
  customerReference: order.customer_reference,
  subtotal: order.subtotal,
  discountTotal: order.discount_total,
  shippingTotal: order.shipping_total,
  taxTotal: order.tax_total,
  taxIncluded: order.tax_included,
  adjustmentTotal: order.adjustment_total,
  total: order.total,
  refundedTotal: order.refunded_total,
});

const toLine = (line: WrittenLine, index: number): OrderLine => ({
  position: index + 1,
  sku: line.sku,
  description: line.description,
  quantity: line.quantity,
  unit_price: line.unitPrice,
  total: line.total,
});

const columnsOf = (lines: WrittenLine[]): unknown[] => [
  lines.map((line) => line.sku),
  lines.map((line) => line.description),
  lines.map((line) => line.quantity),
  lines.map((line) => line.unitPrice),
  lines.map((line) => line.total),
];
