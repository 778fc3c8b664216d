import type { OrderStatus } from './order-status';

/** From the first year that an order can be of, to the last. */
export const ALL_DAYS = { startDate: '1900-01-01', endDate: '9999-12-31' } as const;

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

/**
 * SQL for the moment at which a day begins in a time zone, both given as SQL. Where clocks are set back over midnight
 * (Azores, Havana) that day has 0:00 twice and begins with the first, while Postgres takes the second for it.
 */
export const dayStart = (day: string, zone: string): string => {
  const midnight = `${day}::date::timestamp`;
  const later = `(${midnight} AT TIME ZONE ${zone})`;
  const earlier = `(${later} - interval '1 hour')`;
  return `CASE WHEN ${earlier} AT TIME ZONE ${zone} = ${midnight} THEN ${earlier} ELSE ${later} END`;
};

/** The condition of `OrderFilter` on `orders`, each part of which is given as SQL. */
export const inFilter = (
  client: string,
  first: string,
  end: string,
  zone: string,
  statuses: string,
): string =>
  `client_id = ${client}
  AND ordered_at >= ${dayStart(first, zone)}
  AND ordered_at < ${dayStart(end, zone)}
  AND (${statuses}::text[] IS NULL OR status = ANY(${statuses}))`;

/** With the parameters `$1` to `$5` of `filterParameters`. */
export const IN_FILTER = inFilter('$1', '$2', '$3', '$4', '$5');

export const filterParameters = (clientId: string, filter: OrderFilter): unknown[] => [
  clientId,
  filter.startDate,
  filter.endDate,
  filter.timeZone,
  filter.statuses,
];
