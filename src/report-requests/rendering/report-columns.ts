import type { GroupBy } from '../../orders/order-arrangement';
import { isAmountColumn, type OrderColumn } from '../../orders/order-columns';
import type { MessageKey } from '../messages/message-files';
import type { ReportDocument } from './report-document';

/** What has no column of an order: parts of its lines, what became of it in a delta, and the names of groups. */
export type OtherColumn = 'group' | 'sku' | 'description' | 'quantity' | 'line_total' | 'change';

/**
 * How a cell is written. A `text` is somebody's and may be cut; a `code` is too, and is never; a `term` is ours, and comes
 * again and again; a `figure` is an amount, on the right.
 */
export type CellStyle = 'text' | 'code' | 'term' | 'figure';

export interface ReportColumn {
  name: OrderColumn | OtherColumn;
  heading: MessageKey;
  style: CellStyle;
  /** In px, with the space after it: less would make ordinary texts smaller. */
  least: number;
  /** What it takes of the room that others leave. */
  enough: number;
}

/** Where a part of a line stands: in the column of its order that is like it, if that is shown. */
export const HOSTS = {
  sku: { host: 'number', heading: 'number_or_sku' },
  description: { host: 'customer_name', heading: 'customer_or_item' },
  quantity: { host: 'status', heading: 'status_or_quantity' },
  line_total: { host: 'total', heading: 'total' },
} as const satisfies Partial<Record<OtherColumn, { host: OrderColumn; heading: MessageKey }>>;

export type LinePart = keyof typeof HOSTS;

export const LINE_PARTS = Object.keys(HOSTS) as LinePart[];

const AMOUNT = { style: 'figure', least: 90, enough: 132 } as const;

type Kind = Pick<ReportColumn, 'style' | 'least' | 'enough'>;

const KINDS: Partial<Record<OrderColumn | OtherColumn, Kind>> = {
  ordered_at: { style: 'term', least: 84, enough: 84 },
  number: { style: 'code', least: 120, enough: 120 },
  customer_name: { style: 'text', least: 150, enough: 150 },
  customer_reference: { style: 'text', least: 110, enough: 110 },
  status: { style: 'term', least: 96, enough: 108 },
  currency: { style: 'term', least: 58, enough: 58 },
  line_count: { style: 'figure', least: 56, enough: 56 },
  tax_included: { style: 'term', least: 70, enough: 70 },
  group: { style: 'text', least: 150, enough: 150 },
  sku: { style: 'code', least: 120, enough: 120 },
  description: { style: 'text', least: 180, enough: 180 },
  quantity: { style: 'term', least: 108, enough: 108 },
  line_total: AMOUNT,
  change: { style: 'term', least: 84, enough: 84 },
};

/** Below this much of other columns side by side, what groups come to has a column for its name. */
const LEAST_FOR_NAMES = 110;

type Chosen = Pick<ReportDocument, 'columns' | 'includeItems' | 'isDelta' | 'groupBy'>;

/** What a report's table shows, in its order. */
export function reportColumns({ columns: shown, includeItems, isDelta, groupBy }: Chosen): ReportColumn[] {
  const columns = shown.map((name) => columnOf(name));
  if (includeItems) {
    for (const part of LINE_PARTS) {
      const { host, heading } = HOSTS[part];
      const at = shown.indexOf(host);
      const hosting = columns[at];
      if (hosting === undefined) columns.push(columnOf(part));
      else columns[at] = { ...hosting, heading, least: Math.max(hosting.least, columnOf(part).least) };
    }
  }
  if (isDelta) columns.push(columnOf('change'));
  if (!hasSums(shown, groupBy)) return columns;
  const { first, end } = roomForNames(columns);
  const least = columns.slice(first, end).reduce((sum, column) => sum + column.least, 0);
  return least < LEAST_FOR_NAMES ? [columnOf('group'), ...columns] : columns;
}

/**
 * Whether the columns are added up: in groups, and where there are amounts besides the total, whose sum a report ends with
 * anyway.
 */
export const hasSums = (columns: readonly OrderColumn[], groupBy: GroupBy | null): boolean =>
  groupBy !== null || columns.some((column) => column !== 'total' && isAmountColumn(column));

/** The most columns side by side that are not added up: what is added up has its name there. */
export function roomForNames(columns: readonly ReportColumn[]): { first: number; end: number } {
  let best = { first: 0, end: 0, width: 0 };
  let run = { first: 0, end: 0, width: 0 };
  columns.forEach(({ name, least }, index) => {
    run = isAmountColumn(name)
      ? { first: index + 1, end: index + 1, width: 0 }
      : { ...run, end: index + 1, width: run.width + least };
    if (run.width > best.width) best = run;
  });
  return { first: best.first, end: best.end };
}

function columnOf(name: OrderColumn | OtherColumn): ReportColumn {
  return { name, heading: name, ...(KINDS[name] ?? AMOUNT) };
}
