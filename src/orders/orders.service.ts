import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { AppError, invalidField, notFound } from '../common/app-error';
import { newId } from '../common/ids';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { formatDecimal, isStorable, multiply, parseDecimal } from '../common/decimal';
import { NewOrder, Order, ORDER_COLUMNS, OrderWithLines } from './order';
import { OrderLineEntity } from './order-line.entity';
import { dayStart } from './order-period';
import { OrderEntity } from './order.entity';
import { ORDER_STATUSES, type OrderStatus } from './order-status';

export interface OrderListFilter {
  statuses?: OrderStatus[] | undefined;
  /** YYYY-MM-DD, first day. */
  startDate?: string | undefined;
  /** YYYY-MM-DD, the first day not included. */
  endDate?: string | undefined;
  timeZone: string;
  /** The customer's reference, or a part of the name in any case. */
  customer?: string | undefined;
}

/** The order book: an order is written once, with all its lines, and read by its owner alone. */
@Injectable()
export class OrdersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cursors: CursorsService,
  ) {}

  /** @throws AppError 404 when the client has no such order; the same when it is another client's */
  get(clientId: string, id: string): Promise<OrderWithLines> {
    return this.read(this.dataSource.manager, clientId, id);
  }

  private async read(manager: EntityManager, clientId: string, id: string): Promise<OrderWithLines> {
    const order = await manager.findOneBy(OrderEntity, { id, client_id: clientId });
    if (order === null) throw notFound('order');
    const lines = await manager.find(OrderLineEntity, {
      where: { order_id: id },
      order: { position: 'ASC' },
    });
    return Object.assign(order, { lines });
  }

  /**
   * Writes an order; a line's total is quantity times unit price, rounded half away from zero to four decimals.
   *
   * @throws AppError `duplicate_order_number` (409) when the client has an order of that number
   */
  create(clientId: string, order: NewOrder): Promise<OrderWithLines> {
    return this.createAs(newId(), this.dataSource.manager, clientId, order);
  }

  /** The same under an id that the caller chose, in a transaction of the caller's. */
  async createAs(
    id: string,
    manager: EntityManager,
    clientId: string,
    order: NewOrder,
  ): Promise<OrderWithLines> {
    const lines = order.lines.map((line, index) => ({ ...line, total: lineTotal(line, index) }));
    if (!isStorable(lines.reduce((sum, line) => sum + line.total, 0n))) {
      throw invalidField('lines', 'the sum of the lines is too large');
    }
    const created = await manager.query<unknown[]>(
      `WITH line AS (
         SELECT * FROM unnest($9::text[], $10::text[], $11::numeric[], $12::numeric[], $13::numeric[])
           WITH ORDINALITY AS l(sku, description, quantity, unit_price, total, position)
       ), created AS (
         INSERT INTO orders (id, client_id, number, ordered_at, status, currency, customer_name, customer_reference,
           total, line_count)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, sum(total), count(*) FROM line
         ON CONFLICT (client_id, number) DO NOTHING
         RETURNING id
       )
       INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
       SELECT created.id, position, sku, description, quantity, unit_price, total FROM created, line
       RETURNING order_id`,
      [
        id,
        clientId,
        order.number,
        order.orderedAt,
        order.status,
        order.currency,
        order.customerName,
        order.customerReference,
        lines.map((line) => line.sku),
        lines.map((line) => line.description),
        lines.map((line) => line.quantity),
        lines.map((line) => line.unitPrice),
        lines.map((line) => formatDecimal(line.total)),
      ],
    );
    if (created.length === 0) {
      throw new AppError('conflict', 'duplicate_order_number', 'You have an order of this number already.', {
        errors: [{ field: 'number', message: 'number is taken by another order' }],
      });
    }
    return this.read(manager, clientId, id);
  }

  /** Newest first, keyset-paginated by time and number. */
  async list<T>(
    clientId: string,
    filter: OrderListFilter,
    query: PageQuery,
    present: (order: Order) => T,
  ): Promise<Page<T>> {
    const of = { list: 'orders', clientId, filters: { ...filter } };
    const [beforeTime, beforeNumber] = await this.cursors.read(query.cursor, ['time', 'text'], of);
    const size = pageSize(query);
    const rows = await this.dataSource.query<Order[]>(
      // The newest of each status, and of these the newest: each is a range of an index, however rare a status is.
      `SELECT newest.* FROM unnest($2::text[]) AS wanted(status) CROSS JOIN LATERAL (
       SELECT ${ORDER_COLUMNS} FROM orders
       WHERE client_id = $1 AND orders.status = wanted.status
         AND ($3::date IS NULL OR ordered_at >= ${dayStart('$3', '$5')})
         AND ($4::date IS NULL OR ordered_at < ${dayStart('$4', '$5')})
         AND ($6::text IS NULL OR customer_reference = $6 OR strpos(lower(customer_name), lower($6)) > 0)
         AND ($7::timestamptz IS NULL OR (ordered_at, number) < ($7, $8))
       ORDER BY ordered_at DESC, number DESC LIMIT $9
       ) newest ORDER BY ordered_at DESC, number DESC LIMIT $9`,
      [
        clientId,
        filter.statuses ?? ORDER_STATUSES,
        filter.startDate ?? null,
        filter.endDate ?? null,
        filter.timeZone,
        filter.customer ?? null,
        beforeTime ?? null,
        beforeNumber ?? null,
        size + 1,
      ],
    );
    return this.cursors.page(
      rows,
      size,
      present,
      (order) => [order.ordered_at.toISOString(), order.number],
      of,
    );
  }
}

function lineTotal(line: NewOrder['lines'][number], index: number): bigint {
  const quantity = parseDecimal(line.quantity);
  const unitPrice = parseDecimal(line.unitPrice);
  if (quantity === undefined || unitPrice === undefined) throw new RangeError('An amount is not a decimal.');
  const total = multiply(quantity, unitPrice);
  if (!isStorable(total))
    throw invalidField(`lines.${index}.unit_price`, 'quantity times unit_price is too large');
  return total;
}
