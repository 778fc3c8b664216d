import { ORDER_STATUSES } from './order-status';
import { ORDER_COLUMNS, type OrderColumn } from './order-columns';

/** What orders can be put together by: customers by their reference, and by their name where they have none. */
export const GROUPINGS = ['customer', 'status', 'currency', 'day', 'month'] as const;

export type GroupBy = (typeof GROUPINGS)[number];

/** How a report arranges its orders: in groups, and within each, or as a whole, as sorted; what is equal then by time and number. */
export interface Arrangement {
  groupBy: GroupBy | null;
  /** Columns, from the largest to the smallest with a `-` before. */
  sort: readonly string[];
}

/** By time and number, in one piece. */
export const IN_REPORT_ORDER: Arrangement = { groupBy: null, sort: [] };

export const isInReportOrder = ({ groupBy, sort }: Arrangement): boolean =>
  groupBy === null && sort.length === 0;

interface SortKey {
  /** SQL on `orders`. */
  value: string;
  direction: 'ASC' | 'DESC';
}

const LIFE = `ARRAY[${ORDER_STATUSES.map((status) => `'${status}'`).join(', ')}]`;
const placeInLife = (status: string): string => `array_position(${LIFE}, ${status})`;

/** What a column is sorted by, where that is not what it shows: texts in any case, and a status by the order of an order's life. */
const SORTED_BY: Partial<Record<OrderColumn, string>> = {
  customer_name: 'lower(customer_name)',
  customer_reference: 'lower(customer_reference)',
  status: placeInLife('status'),
};

/** What a key of `sort` says. */
export const sortedColumn = (key: string): { column: OrderColumn; isDescending: boolean } => ({
  column: key.replace(/^-/, '') as OrderColumn,
  isDescending: key.startsWith('-'),
});

export const isSortKey = (key: string): boolean => ORDER_COLUMNS.includes(sortedColumn(key).column);

/** For the documents: a column, with a `-` before for descending. */
export const SORT_KEY_PATTERN = `^-?(${ORDER_COLUMNS.join('|')})$`;

/** @param zone IANA name as SQL: days and months are those of it */
function groupKey(groupBy: GroupBy, zone: string): string {
  switch (groupBy) {
    case 'customer':
      return `CASE WHEN customer_reference IS NULL THEN 'name ' || customer_name ELSE 'reference ' || customer_reference END`;
    case 'status':
    case 'currency':
      return groupBy;
    case 'day':
      return `to_char(ordered_at AT TIME ZONE ${zone}, 'YYYY-MM-DD')`;
    case 'month':
      return `to_char(ordered_at AT TIME ZONE ${zone}, 'YYYY-MM')`;
  }
}

/**
 * In place of a relation of orders: the same with `group_key`, which is equal for the orders of a group, and `group_name`. A
 * customer's is the name of the last order.
 *
 * @param orders what follows `FROM`, with its condition
 */
export function grouped(orders: string, groupBy: GroupBy, zone: string): string {
  const key = groupKey(groupBy, zone);
  const name =
    groupBy === 'customer'
      ? `first_value(customer_name) OVER (PARTITION BY ${key} ORDER BY ordered_at DESC, number DESC)`
      : key;
  return `(SELECT *, ${key} AS group_key, ${name} AS group_name FROM ${orders}) AS orders`;
}

/** The order of the groups, on a relation that has `group_key` and `group_name`, or their like. */
export function groupOrder(groupBy: GroupBy): string[] {
  switch (groupBy) {
    case 'customer':
      return ['lower(group_name)', 'group_key'];
    case 'status':
      return [placeInLife('group_key')];
    case 'currency':
    case 'day':
    case 'month':
      return ['group_key'];
  }
}

/** What the rows of `grouped` orders, or of orders in one piece, are sorted by. */
export function sortKeys({ groupBy, sort }: Arrangement): SortKey[] {
  const groups = groupBy === null ? [] : groupOrder(groupBy);
  return [
    ...groups.map((value): SortKey => ({ value, direction: 'ASC' })),
    ...sort.map((key): SortKey => {
      const { column, isDescending } = sortedColumn(key);
      return { value: SORTED_BY[column] ?? column, direction: isDescending ? 'DESC' : 'ASC' };
    }),
    { value: 'ordered_at', direction: 'ASC' },
    { value: 'number', direction: 'ASC' },
  ];
}
