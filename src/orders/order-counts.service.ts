import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Batcher } from '../common/batcher';
import { prepared } from '../database/prepared';
import { filterParameters, IN_FILTER, inPeriod, isWanted, OrderFilter } from './order-filter';

interface Counted {
  orders: number;
  lines: number;
  isAll: boolean;
}

/** By the statistics of the table where not all were counted. */
export interface OrderCount {
  orders: number;
  lines: number;
  /** What was counted: all of them, or, where it would have taken long, as many as it came to. */
  counted: Counted;
}

interface Wanted {
  clientId: string;
  filter: OrderFilter;
}

/** As many orders are read in some milliseconds, whether they are wanted or not. */
const COUNTED_ORDERS = 10_000;

/** What is asked at the same time is counted together, but not so much that one waits long for the others. */
const TOGETHER = { lanes: 2, most: 8 };

const WANTED = {
  client: 'wanted.client',
  first: 'wanted.first',
  end: 'wanted."end"',
  zone: 'wanted.zone',
  statuses: 'wanted.statuses',
  currencies: 'wanted.currencies',
  references: 'wanted.refs',
  min: 'wanted.min',
  max: 'wanted.max',
};

const COUNT = prepared(
  'order_count',
  `
  SELECT counted.orders, counted.lines, counted."isAll"
  FROM json_to_recordset($1::json) AS wanted(place int, client uuid, first date, "end" date, zone text, statuses text[],
    currencies text[], refs text[], min numeric, max numeric)
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_wanted)::int AS orders,
      coalesce(sum(line_count) FILTER (WHERE is_wanted), 0)::float8 AS lines, count(*) < ${COUNTED_ORDERS} AS "isAll"
    FROM (
      SELECT line_count, ${isWanted(WANTED)} AS is_wanted FROM orders WHERE ${inPeriod(WANTED)} LIMIT ${COUNTED_ORDERS}
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
    if (counted.isAll) return { orders: counted.orders, lines: counted.lines, counted };
    const [plan] = await this.dataSource.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }[]>(
      `EXPLAIN (FORMAT JSON) SELECT FROM orders WHERE ${IN_FILTER}`,
      filterParameters(clientId, filter),
    );
    const orders = Math.max(counted.orders, plan?.['QUERY PLAN'][0]?.Plan['Plan Rows'] ?? 0);
    const lines = Math.ceil((orders * counted.lines) / Math.max(1, counted.orders));
    return { orders, lines, counted };
  }

  private countAll(wanted: Wanted[]): Promise<Counted[]> {
    const rows = wanted.map(({ clientId, filter }, place) => ({
      place,
      client: clientId,
      first: filter.startDate,
      end: filter.endDate,
      zone: filter.timeZone,
      statuses: filter.statuses,
      currencies: filter.currencies,
      refs: filter.customerReferences,
      min: filter.minTotal,
      max: filter.maxTotal,
    }));
    return this.dataSource.query(COUNT, [JSON.stringify(rows)]);
  }
}
