import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { notFound } from '../common/app-error';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { Order, ORDER_FIELDS, OrderLine, OrderWithLines } from './order';
import { OrderLineEntity } from './order-line.entity';
import { dayStart } from './order-period';
import { OrderEntity } from './order.entity';
import { ORDER_STATUSES, type OrderStatus } from './order-status';

/** An order of a client is known by either. */
export type OrderKey = { id: string } | { number: string };

export interface OrderListFilter {
  statuses?: OrderStatus[] | undefined;
  /** YYYY-MM-DD, first day. */
  startDate?: string | undefined;
  /** YYYY-MM-DD, the first day not included. */
  endDate?: string | undefined;
  timeZone: string;
  /** The customer's reference, or a part of the name in any case. */
  customer?: string | undefined;
  /** ISO 8601: only those that changed then or later. */
  updatedSince?: string | undefined;
}

/** An order with its lines, in one statement: of one that changes in between, two would see two versions. */
const READ = `
  SELECT ${ORDER_FIELDS}, (
    SELECT json_agg(json_build_object('position', position, 'sku', sku, 'description', description,
      'quantity', trim_scale(quantity)::text, 'unit_price', unit_price::text, 'total', total::text) ORDER BY position)
    FROM order_line WHERE order_id = orders.id
  ) AS lines
  FROM orders WHERE client_id = $1 AND`;

const OF_CUSTOMER =
  '($6::text IS NULL OR customer_reference = $6 OR strpos(lower(customer_name), lower($6)) > 0)';

/** So many that changed are read and sorted. */
const FEW = 1_000;

/**
 * The newest of each status, and of these the newest. What is read of a status lies between two places of an index, in the
 * order of that, which no other has: by `status = wanted.status` the planner, who thinks that each is as frequent as any
 * other, would read all orders of a client for one that none of them has.
 */
const newest = (orders: string, also = ''): string => `
  SELECT newest.* FROM unnest($2::text[]) AS wanted(status) CROSS JOIN LATERAL (
    SELECT ${ORDER_FIELDS} FROM ${orders} AS orders
    WHERE client_id = $1 AND (orders.status, ordered_at, number) < (wanted.status,
        coalesce($7::timestamptz, ${dayStart('$4', '$5')}, 'infinity'), coalesce($8, ''))
      AND (orders.status, ordered_at) >= (wanted.status, coalesce(${dayStart('$3', '$5')}, '-infinity'))
      AND ${OF_CUSTOMER} ${also}
    ORDER BY orders.status DESC, ordered_at DESC, number DESC LIMIT $9
  ) newest`;
const NEWEST_FIRST = 'ORDER BY ordered_at DESC, number DESC LIMIT $9';

const LIST = `${newest('orders')} ${NEWEST_FIRST}`;

/**
 * Those that changed since, where they are few, and else those of the list. The planner is not asked: it knows how many
 * orders changed, and not how many of this client's.
 */
const LIST_OF_UPDATED = `
  WITH changed AS MATERIALIZED (
    SELECT client_id, ${ORDER_FIELDS} FROM orders
    WHERE client_id = $1 AND updated_at >= $10 ORDER BY updated_at LIMIT ${FEW + 1}
  ), are_few AS MATERIALIZED (
    SELECT count(*) <= ${FEW} AS yes FROM changed
  )
  SELECT * FROM (
    ${newest('changed')} WHERE (SELECT yes FROM are_few)
    UNION ALL
    ${newest('orders', 'AND updated_at >= $10')} WHERE NOT (SELECT yes FROM are_few)
  ) listed ${NEWEST_FIRST}`;

/** Reads the order book: each client its own. */
@Injectable()
export class OrdersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cursors: CursorsService,
  ) {}

  /** @throws AppError 404 when the client has no such order; the same when it is another client's */
  async get(clientId: string, which: OrderKey): Promise<OrderWithLines> {
    const order = await this.read(this.dataSource.manager, clientId, which);
    if (order === undefined) throw notFound('order');
    return order;
  }

  async read(manager: EntityManager, clientId: string, which: OrderKey): Promise<OrderWithLines | undefined> {
    const [order] = await manager.query<OrderWithLines[]>(
      `${READ} ${'id' in which ? 'id = $2' : 'number = $2'}`,
      [clientId, 'id' in which ? which.id : which.number],
    );
    return order;
  }

  /** Locked until the transaction ends. */
  async findForUpdate(manager: EntityManager, clientId: string, which: OrderKey): Promise<Order | undefined> {
    const order = await manager.findOne(OrderEntity, {
      where: { ...which, client_id: clientId },
      lock: { mode: 'pessimistic_write' },
    });
    return order ?? undefined;
  }

  async linesOf(manager: EntityManager, orderId: string): Promise<OrderLine[]> {
    const lines = await manager.find(OrderLineEntity, {
      where: { order_id: orderId },
      order: { position: 'ASC' },
    });
    return lines.map(({ position, sku, description, quantity, unit_price, total }) => ({
      position,
      sku,
      description,
      quantity,
      unit_price,
      total,
    }));
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
    const { updatedSince } = filter;
    const rows = await this.dataSource.query<Order[]>(updatedSince === undefined ? LIST : LIST_OF_UPDATED, [
      clientId,
      [...new Set(filter.statuses ?? ORDER_STATUSES)],
      filter.startDate ?? null,
      filter.endDate ?? null,
      filter.timeZone,
      filter.customer ?? null,
      beforeTime ?? null,
      beforeNumber ?? null,
      size + 1,
      ...(updatedSince === undefined ? [] : [updatedSince]),
    ]);
    return this.cursors.page(
      rows,
      size,
      present,
      (order) => [order.ordered_at.toISOString(), order.number],
      of,
    );
  }
}
