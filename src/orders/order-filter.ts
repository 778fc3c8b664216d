import { dayStart } from './order-period';
import type { OrderStatus } from './order-status';

/** Which of a client's orders: days of a time zone, and what they are to have. */
export interface OrderFilter {
  /** First day, YYYY-MM-DD. */
  startDate: string;
  /** First day that is not included, YYYY-MM-DD. */
  endDate: string;
  /** IANA name: the days are days there. */
  timeZone: string;
  /** Only these; `null` means all, here and below. */
  statuses: readonly (OrderStatus | string)[] | null;
  /** ISO 4217. */
  currencies: readonly string[] | null;
  customerReferences: readonly string[] | null;
  /** Of the order's total, in its own currency; an exact decimal. Both ends are included. */
  minTotal: string | null;
  maxTotal: string | null;
}

/** Orders of whatever kind. */
export const ANY_ORDER = {
  statuses: null,
  currencies: null,
  customerReferences: null,
  minTotal: null,
  maxTotal: null,
} as const;

/** An `OrderFilter` of a client, each part of it as SQL. */
interface FilterSql {
  client: string;
  first: string;
  end: string;
  zone: string;
  statuses: string;
  currencies: string;
  references: string;
  min: string;
  max: string;
}

/** The condition on `orders` that they are the client's and of the period: an index has these. */
export const inPeriod = ({ client, first, end, zone }: FilterSql): string =>
  `client_id = ${client}
  AND ordered_at >= ${dayStart(first, zone)}
  AND ordered_at < ${dayStart(end, zone)}`;

/** The condition on `orders` that they have what they are to have. */
export const isWanted = ({ statuses, currencies, references, min, max }: FilterSql): string =>
  `(${statuses}::text[] IS NULL OR status = ANY(${statuses}::text[]))
  AND (${currencies}::text[] IS NULL OR currency = ANY(${currencies}::text[]))
  AND (${references}::text[] IS NULL OR customer_reference = ANY(${references}::text[]))
  AND (${min}::numeric IS NULL OR total >= ${min}::numeric)
  AND (${max}::numeric IS NULL OR total <= ${max}::numeric)`;

const inFilter = (sql: FilterSql): string => `${inPeriod(sql)}\n  AND ${isWanted(sql)}`;

/** With the parameters `$1` to `$9` of `filterParameters`. */
export const IN_FILTER = inFilter({
  client: '$1',
  first: '$2',
  end: '$3',
  zone: '$4',
  statuses: '$5',
  currencies: '$6',
  references: '$7',
  min: '$8',
  max: '$9',
});

export const filterParameters = (clientId: string, filter: OrderFilter): unknown[] => [
  clientId,
  filter.startDate,
  filter.endDate,
  filter.timeZone,
  filter.statuses,
  filter.currencies,
  filter.customerReferences,
  filter.minTotal,
  filter.maxTotal,
];

/**
 * The same condition where a statement has no parameters.
 *
 * @param literal quotes a value
 */
export function inFilterOf(
  clientId: string,
  filter: OrderFilter,
  literal: (value: string) => string,
): string {
  const list = (values: readonly string[] | null): string =>
    values === null ? 'NULL' : `ARRAY[${values.map(literal).join(', ')}]`;
  const value = (text: string | null): string => (text === null ? 'NULL' : literal(text));
  return inFilter({
    client: `${literal(clientId)}::uuid`,
    first: literal(filter.startDate),
    end: literal(filter.endDate),
    zone: literal(filter.timeZone),
    statuses: list(filter.statuses),
    currencies: list(filter.currencies),
    references: list(filter.customerReferences),
    min: value(filter.minTotal),
    max: value(filter.maxTotal),
  });
}
