import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Batcher } from '../common/batcher';
import { prepared } from '../database/prepared';
import { filterParameters, IN_FILTER, inFilter, OrderFilter } from './order-period';

type Counted = Pick<OrderCount, 'orders' | 'lines'>;

/** By the statistics of the table where not all were counted. */
export interface OrderCount {
  orders: number;
  lines: number;
  /** What was counted: all of them, or, where it would have taken long, as many as it came to. */
  counted: Counted & { isAll: boolean };
}

interface Wanted {
  clientId: string;
  filter: OrderFilter;
}

/** As many index entries are read in some milliseconds. */
const COUNTED_ORDERS = 10_000;

/** What is asked at the same time is counted together, but not so much that one waits long for the others. */
const TOGETHER = { lanes: 2, most: 8 };

const COUNT = prepared(
  'order_count',
  `
  SELECT counted.orders, counted.lines
  FROM json_to_recordset($1::json)
    AS wanted(place int, client uuid, first date, "end" date, zone text, statuses text[])
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS orders, coalesce(sum(line_count), 0)::float8 AS lines
    FROM (
      SELECT line_count FROM orders
      WHERE ${inFilter('wanted.client', 'wanted.first', 'wanted."end"', 'wanted.zone', 'wanted.statuses')}
      LIMIT ${COUNTED_ORDERS}
    ) AS chosen
  ) AS counted
  ORDER BY wanted.place`,
);

/** How much a filter finds, in milliseconds however large the order book. */
@Injectable()
export class OrderCountsService {
  private readonly counts = new Batcher<Wanted, Counted>((wanted) => this.countAll(wanted), TOGETHER);

  constructor(private readonly dataSource: DataSource) {}

  /** Orders and lines: counted up to a limit, and beyond it estimated by the planner's statistics. */
  async count(clientId: string, filter: OrderFilter): Promise<OrderCount> {
    const counted = await this.counts.run({ clientId, filter });
    if (counted.orders < COUNTED_ORDERS) return { ...counted, counted: { ...counted, isAll: true } };
    const [plan] = await this.dataSource.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }[]>(
      `EXPLAIN (FORMAT JSON) SELECT FROM orders WHERE ${IN_FILTER}`,
      filterParameters(clientId, filter),
    );
    const orders = Math.max(counted.orders, plan?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0);
    const lines = Math.ceil((orders * counted.lines) / counted.orders);
    return { orders, lines, counted: { ...counted, isAll: false } };
  }

  private countAll(wanted: Wanted[]): Promise<Counted[]> {
    const rows = wanted.map(({ clientId, filter }, place) => ({
      place,
      client: clientId,
      first: filter.startDate,
      end: filter.endDate,
      zone: filter.timeZone,
      statuses: filter.statuses,
    }));
    return this.dataSource.query(COUNT, [JSON.stringify(rows)]);
  }
}
