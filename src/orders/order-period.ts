import type { OrderStatus } from './order-status';

/** Which of a client's orders: days of a time zone, and statuses. */
export interface OrderFilter {
  /** First day, YYYY-MM-DD. */
  startDate: string;
  /** First day that is not included, YYYY-MM-DD. */
  endDate: string;
  /** IANA name: the days are days there. */
  timeZone: string;
  /** Only these; `null` means all. */
  statuses: readonly (OrderStatus | string)[] | null;
}

/** The condition of `OrderFilter` on `orders`, with the parameters `$1` to `$5` of `filterParameters`. */
export const IN_FILTER = `client_id = $1
  AND ordered_at >= $2::date::timestamp AT TIME ZONE $4
  AND ordered_at < $3::date::timestamp AT TIME ZONE $4
  AND ($5::text[] IS NULL OR status = ANY($5))`;

export const filterParameters = (clientId: string, filter: OrderFilter): unknown[] => [
  clientId,
  filter.startDate,
  filter.endDate,
  filter.timeZone,
  filter.statuses,
];
