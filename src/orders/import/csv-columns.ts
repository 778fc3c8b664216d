import { MAX_COLUMNS } from './csv-records';
import type { RowErrors } from './import-failures';

/**
 * The columns of an order CSV, one row per order line:
 *
 * | column | holds |
 * |---|---|
 * | `order_number` | required; rows with the same number are lines of one order, wherever they stand |
 * | `ordered_at` | required; a date (midnight in UTC) or an ISO 8601 time |
 * | `customer_name` | required |
 * | `customer_reference` | the customer's number in the merchant's own books |
 * | `status` | `pending`, `paid`, `shipped`, `delivered`, `cancelled`, `refunded`; where it is missing, an order with `shipped_at` is `shipped`, any other `pending` |
 * | `currency` | ISO 4217; where it is missing, the default of the import |
 * | `shipped_at` | as `ordered_at`; only decides the status |
 * | `sku`, `description`, `quantity` | required |
 * | `unit_price`, `line_total` | at least one of them; the other is computed and rounded to 4 decimals; where both are given they may differ by a discount, and `line_total` counts |
 */
export const CSV_COLUMNS = [
  'order_number',
  'ordered_at',
  'customer_name',
  'customer_reference',
  'status',
  'currency',
  'shipped_at',
  'sku',
  'description',
  'quantity',
  'unit_price',
  'line_total',
] as const;

export type CsvColumn = (typeof CSV_COLUMNS)[number];

/** Where in a row each known column stands. */
export type CsvLayout = ReadonlyMap<CsvColumn, number>;

const REQUIRED: CsvColumn[] = [
  'order_number',
  'ordered_at',
  'customer_name',
  'sku',
  'description',
  'quantity',
];

/** Names that other order exports use for the same thing. */
const ALIASES: Record<string, CsvColumn> = {
  order_id: 'order_number',
  order_date: 'ordered_at',
  customer_id: 'customer_reference',
  ship_date: 'shipped_at',
  product_id: 'sku',
  product_name: 'description',
  sales: 'line_total',
};

export interface CsvHeader {
  layout: CsvLayout;
  /** Columns of the file that mean nothing to the import; long names are cut. */
  ignored: string[];
  /** Whether the rows can be read by it. */
  isValid: boolean;
  /** How many fields each row must have. */
  width: number;
}

const MAX_SHOWN_NAME = 100;

/** Understands the header row: names are matched without regard to case, spaces and hyphens. */
export function readHeader(row: number, names: string[], width: number, errors: RowErrors): CsvHeader {
  const layout = new Map<CsvColumn, number>();
  const ignored: string[] = [];
  const errorsBefore = errors.count;
  names.forEach((name, index) => {
    const column = columnOf(name);
    if (column === undefined) ignored.push(shown(name));
    else if (layout.has(column)) errors.add(row, column, `two columns mean ${column}`);
    else layout.set(column, index);
  });
  if (width > MAX_COLUMNS) errors.add(row, null, `the file has ${width} columns, more than ${MAX_COLUMNS}`);
  for (const column of REQUIRED) {
    if (!layout.has(column)) errors.add(row, column, `the column ${column} is missing`);
  }
  if (!layout.has('unit_price') && !layout.has('line_total')) {
    errors.add(row, 'unit_price', 'one of the columns unit_price and line_total is needed');
  }
  return { layout, ignored, width, isValid: errors.count === errorsBefore };
}

function shown(name: string): string {
  return name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME - 1)}…` : name;
}

function columnOf(name: string): CsvColumn | undefined {
  const key = name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  return (
    CSV_COLUMNS.find((column) => column === key) ?? (Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined)
  );
}
