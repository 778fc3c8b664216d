import { groupOrder, type GroupBy } from './order-arrangement';
import { AMOUNT_COLUMNS, columnAmounts, type ColumnTotals } from './order-columns';
import { EXTRAS } from './order-summary';

/** What a report says of the orders of one group. */
export interface ReportedGroup {
  /** That its orders have. */
  key: string;
  /** The customer's name, the status, the currency, YYYY-MM-DD or YYYY-MM. */
  name: string;
  /** The customer's, where they have one; `null` of what is no customer. */
  reference: string | null;
  orders: number;
  /** Of all its orders. */
  lines: number;
  /** Amounts of all its orders that have a row of their own where lines are shown. */
  extras: number;
  /** By currency. */
  totals: ColumnTotals[];
}

/**
 * A query of groups by currency, each value as `readGroups` reads it, in the groups' order.
 *
 * @param orders a relation with `group_key` and `group_name`
 */
export const groupRows = (orders: string, groupBy: GroupBy): string => `
  SELECT group_key, group_name, coalesce(group_reference, ''), currency, orders, lines, extras,
    ${AMOUNT_COLUMNS.join(', ')}
  FROM (
    SELECT group_key, min(group_name) AS group_name, ${referenceOf(groupBy)} AS group_reference, currency,
      count(*) AS orders, sum(line_count) AS lines, sum(${EXTRAS}) AS extras,
      ${AMOUNT_COLUMNS.map((amount) => `sum(${amount}) AS ${amount}`).join(', ')}
    FROM ${orders} GROUP BY group_key, currency
  ) AS summed
  ORDER BY ${[...groupOrder(groupBy), 'currency'].join(', ')}`;

/** Of other groups it would be that of some customer. */
const referenceOf = (groupBy: GroupBy): string =>
  groupBy === 'customer' ? 'min(customer_reference)' : 'NULL::text';

/** Groups of a batch. */
const BATCH_SIZE = 250;

/** Makes groups of the rows of `groupRows`, in batches, in flat memory. */
export async function* readGroups(rows: AsyncIterable<string[]>): AsyncGenerator<ReportedGroup[]> {
  let batch: ReportedGroup[] = [];
  for await (const [
    key = '',
    name = '',
    reference = '',
    currency = '',
    orders,
    lines,
    extras,
    ...sums
  ] of rows) {
    let group = batch.at(-1);
    if (group?.key !== key) {
      if (batch.length === BATCH_SIZE) {
        yield batch;
        batch = [];
      }
      group = {
        key,
        name,
        reference: reference === '' ? null : reference,
        orders: 0,
        lines: 0,
        extras: 0,
        totals: [],
      };
      batch.push(group);
    }
    group.orders += Number(orders);
    group.lines += Number(lines);
    group.extras += Number(extras);
    group.totals.push({ currency, orders: Number(orders), amounts: columnAmounts(sums) });
  }
  if (batch.length > 0) yield batch;
}
