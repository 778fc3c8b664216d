import { changedOrders, removedNumbers } from './order-delta';
import { type Arrangement, grouped, sortKeys } from './order-arrangement';
import { inFilterOf, type OrderFilter } from './order-filter';
import {
  type Change,
  REPORTED_VALUES,
  type ReportedLine,
  type ReportedOrder,
  toOrder,
} from './reported-order';

/** Orders of a batch: each is a pause in which the process does nothing else, and memory that lives for long. */
const BATCH_SIZE = 250;
/** At most so many lines are in memory together, but for a single order with more. */
const LINES_PER_BATCH = 20_000;

/** Which orders a report shows, and how they are arranged. */
export interface OrderSelection extends Arrangement {
  filter: OrderFilter;
  includeItems: boolean;
  /** Of the feed of changes: only what changed from this position on, and what is no longer there; `null`: all. */
  changedSince: string | null;
}

/** SQL of a selection's orders. What is asked by `COPY` has no parameters, so that its values are quoted into it. */
export class SelectionSql {
  private readonly client: string;
  private readonly chosen: string;

  /** @param literal quotes a value */
  constructor(
    clientId: string,
    private readonly selection: OrderSelection,
    private readonly literal: (value: string) => string,
  ) {
    this.client = `${literal(clientId)}::uuid`;
    this.chosen = inFilterOf(clientId, selection.filter, literal);
  }

  /** What follows `FROM`: the orders that are there; in groups also `group_key` and `group_name`. */
  orders(): string {
    const { changedSince, groupBy, filter } = this.selection;
    const found = changedSince === null ? 'orders' : changedOrders(this.client, this.literal(changedSince));
    const orders = `${found} WHERE ${this.chosen}`;
    return groupBy === null ? orders : grouped(orders, groupBy, this.literal(filter.timeZone));
  }

  /** The rows that `readOrders` reads; of a delta what is gone comes last, by number. */
  rows(): string {
    const { changedSince, includeItems, groupBy } = this.selection;
    const keys = sortKeys(this.selection);
    const group = groupBy === null ? `''` : 'group_key';
    const lines = includeItems
      ? `(SELECT json_agg(json_build_array(sku, description, trim_scale(quantity)::text, unit_price::text, total::text)
           ORDER BY position) FROM order_line WHERE order_id = orders.id)`
      : `'[]'`;
    if (changedSince === null)
      return `SELECT ${REPORTED_VALUES.join(', ')}, '', ${group}, ${lines} FROM ${this.orders()}
        ORDER BY ${keys.map(({ value, direction }) => `${value} ${direction}`).join(', ')}`;
    const names = [...REPORTED_VALUES.map((_, index) => `v${index}`), 'change', 'group_of', 'lines'];
    const sorted = keys.map((_, index) => `s${index}`);
    const texts = REPORTED_VALUES.map((value) => `(${value})::text`);
    const blanks = REPORTED_VALUES.map((value) => (value === 'number' ? value : `''`));
    return `
      SELECT ${names.join(', ')} FROM (
        SELECT ${texts.join(', ')}, 'updated', ${group}, ${lines}::text, false, ${keys.map(({ value }) => value).join(', ')}, number
        FROM ${this.orders()}
        UNION ALL
        SELECT ${blanks.join(', ')}, 'removed', '', '[]', true, ${keys.map(() => 'NULL').join(', ')}, number
        FROM ${removedNumbers(this.client, this.literal(changedSince), this.chosen)}
      ) AS delta(${[...names, 'is_gone', ...sorted, 'of'].join(', ')})
      ORDER BY is_gone, ${keys.map(({ direction }, index) => `s${index} ${direction}`).join(', ')}, of`;
  }
}

/**
 * Makes orders of the rows of a selection, in batches, in flat memory.
 *
 * @throws the signal's reason when it is aborted
 */
export async function* readOrders(
  rows: AsyncIterable<string[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReportedOrder[]> {
  let batch: ReportedOrder[] = [];
  let lines = 0;
  for await (const row of rows) {
    const order = readOrder(row);
    if (batch.length === BATCH_SIZE || (batch.length > 0 && lines + order.lines.length > LINES_PER_BATCH)) {
      yield batch;
      signal?.throwIfAborted();
      batch = [];
      lines = 0;
    }
    batch.push(order);
    lines += order.lines.length;
  }
  if (batch.length > 0) yield batch;
}

function readOrder(values: string[]): ReportedOrder {
  const [change = '', group = '', lines = '[]'] = values.slice(REPORTED_VALUES.length);
  return toOrder(
    values,
    lines === '[]' ? [] : (JSON.parse(lines) as LineValues[]).map(toLine),
    change === '' ? null : (change as Change),
    group === '' ? null : group,
  );
}

type LineValues = [sku: string, description: string, quantity: string, unitPrice: string, total: string];

const toLine = ([sku, description, quantity, unitPrice, total]: LineValues): ReportedLine => ({
  sku,
  description,
  quantity,
  unitPrice,
  total,
});
