import type { OrderStatus } from '../order-status';
import type { Preset } from './import-settings';

/** What a column may be, by its documented name. */
export const COLUMNS = [
  'order_number',
  'ordered_at',
  'customer_name',
  'customer_reference',
  'status',
  'currency',
  'shipped_at',
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'tax_included',
  'adjustment_total',
  'total',
  'refunded_total',
  'sku',
  'description',
  'quantity',
  'unit_price',
  'line_discount',
  'line_total',
] as const;

export type Column = (typeof COLUMNS)[number];

/** A cell of the row, without white space around it; empty where the file has no such column. */
export type Cell = (heading: string) => string;

/** Which headings of a file make a column of ours. */
export interface Source {
  headings: readonly string[];
  /** Of several headings: the first cell that is not blank, all of them with a space between, or their sum. */
  as: 'first' | 'joined' | 'summed';
}

export const first = (...headings: string[]): Source => ({ headings, as: 'first' });
export const joined = (...headings: string[]): Source => ({ headings, as: 'joined' });
export const summed = (...headings: string[]): Source => ({ headings, as: 'summed' });

/** How a kind of file is to be understood: all that differs between those who write them. */
export interface FileForm {
  preset: Preset | null;
  /** Headings are matched without regard to case, spaces, hyphens and underscores. */
  columns: Partial<Record<Column, Source>>;
  /** Without one of each the file is refused. */
  required: readonly (readonly [Column, ...Column[]])[];
  /**
   * Whether a cell of the order that is blank is filled from the order's other rows, and a row without a number continues
   * the order before it.
   */
  fillsBlanks: boolean;
  /** Whether the amounts of the order stand in each row for that row alone, and are added up. */
  addsUpRows: boolean;
  /** What it means when the file's own total is not what we compute. */
  otherTotal: 'adjustment' | 'error';
  /** What names that are missing become; without it they are errors. */
  missingName?: string;
  /** What a description that is missing becomes; without it, it is an error. */
  missingDescription?: string;
  /** Whether a line may lack its SKU, which is the line's position then. */
  lacksSku: boolean;
  /** For files without the column. */
  quantity?: string;
  /** Whether a quantity of 0 is a line of which all was taken back, and not an error. */
  mayBeTakenBack: boolean;
  /** Whether a line may lack its price, which is 0 then. */
  lacksPrice: boolean;
  /** Whether the system refunds more than an order's total, which counts up to the total then, and is no error. */
  mayOverRefund: boolean;
  /** Whether all times are in UTC, whatever the request says. */
  inUtc: boolean;
  /** Whether quotes around a cell are not a part of it. */
  hasQuotes: boolean;
  /** Headings that only `statusOf`, `isTaxIncluded` and `isCancelledLine` read. */
  alsoReads: readonly string[];
  /** @returns `null` where the row says nothing of it, `undefined` for what is no status */
  statusOf: (status: string, cell: Cell) => OrderStatus | null | undefined;
  /** Where the file states it otherwise than in a column. `by total`: whichever explains the file's own total better. */
  taxIncluded?: 'by total' | ((cell: Cell) => boolean | null);
  /** Whether the discount is what the lines have beyond the file's own subtotal. */
  discountBySubtotal: boolean;
  /** Whether the line is counted with nothing, since it was cancelled in an order that was not. */
  isCancelledLine?: (cell: Cell) => boolean;
}

/** A table of statuses by the names that a system has for them. */
export function statuses(table: Record<string, OrderStatus>): (name: string) => OrderStatus | undefined {
  const byName = new Map(Object.entries(table));
  return (name) => byName.get(name);
}

/** As headings are compared. */
export const headingKey = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
