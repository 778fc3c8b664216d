import { escapeLiteral } from 'pg';
import { unitOf } from '../order-amounts';
import { ORDER_LIMITS } from '../order-limits';
import type { FileForm } from './file-form';
import type { Stated } from './file-reader';
import { type ImportSettings, OnConflict } from './import-settings';
import { ORDER_AMOUNTS } from './imported-row';

/** What decides how the staged rows of one file are understood. */
export interface StagedFile {
  clientId: string;
  form: FileForm;
  settings: ImportSettings;
  /** `null`: each row states what it likes. */
  stated: ReadonlySet<Stated> | null;
}

/** Columns in which all rows of an order must agree. */
const SHARED = ['ordered_at', 'status', 'currency', 'customer_name', 'customer_reference'] as const;
/** Those in which they must agree unless a file adds up what they say; blank ones agree with any. */
const SHARED_AMOUNTS = [...ORDER_AMOUNTS, 'tax_included'] as const;

/** What an amount must stay below, so that it would be read again. */
export const LARGEST = '1e15';

/** Puts the rows together to orders, as far as the rows alone know them. */
export function groupRows({ clientId, form, settings, stated }: StagedFile): string {
  const both = (column: string, least: string, most: string): string =>
    `${least}(${column}) IS NOT DISTINCT FROM ${most}(${column})`;
  const agree = [
    ...SHARED.map(
      (column) =>
        both(column, 'min', 'max') + (form.fillsBlanks ? '' : ` AND count(${column}) IN (0, count(*))`),
    ),
    ...(form.addsUpRows ? [] : ORDER_AMOUNTS.map((column) => both(column, 'min', 'max'))),
    both('tax_included', 'bool_and', 'bool_or'),
    ...(settings.format === 'ndjson' ? ['min(row_number) = max(row_number)'] : []),
  ];
  return `
    SET LOCAL work_mem = '64MB';
    ANALYZE import_line;
    CREATE TEMPORARY TABLE import_group ON COMMIT DROP AS
    SELECT uuid_v7() AS id, number, min(row_number) AS first_row, min(ordered_at) AS ordered_at,
      min(status COLLATE "C") AS status,
      count(currency) > 0 AS states_currency,
      coalesce(min(currency COLLATE "C"), ${escapeLiteral(settings.currency)}) AS currency,
      coalesce(min(digits), ${unitOf(settings.currency)}) AS digits,
      min(customer_name COLLATE "C") AS customer_name, min(customer_reference COLLATE "C") AS customer_reference,
      bool_and(tax_included) AS tax_included,
      ${ORDER_AMOUNTS.map((column) => `${form.addsUpRows ? 'sum' : 'min'}(${column}) AS ${column}`).join(', ')},
      count(quantity)::integer AS line_count,
      ${agree.join(' AND ')} AS consistent
    FROM import_line GROUP BY number;
    CREATE UNIQUE INDEX ON import_group (number);
    ${settings.onConflict === OnConflict.Update && stated?.has('currency') === true ? knownCurrencies(clientId) : ''}
    ANALYZE import_group;
    -- A total is rounded once; a price that is computed has as many digits as it needs, up to six.
    CREATE TEMPORARY TABLE import_item ON COMMIT DROP AS
    SELECT number, position, row_number, coalesce(sku, position::text) AS sku, description, quantity,
      CASE WHEN scale(trim_scale(price)) > digits THEN trim_scale(price) ELSE round(price, digits) END AS unit_price,
      round(coalesce(line_total, quantity * price) - coalesce(line_discount, 0), digits) AS total
    FROM (
      SELECT l.number, l.row_number, l.sku, l.description, l.quantity, l.line_total, l.line_discount, g.digits,
        (row_number() OVER (PARTITION BY l.number COLLATE "C" ORDER BY l.row_number, l.place))::integer AS position,
        coalesce(l.unit_price, round(l.line_total / l.quantity, 6)) AS price
      FROM import_line l JOIN import_group g USING (number) WHERE l.quantity IS NOT NULL
    ) AS line;
    ANALYZE import_item`;
}

/**
 * A blank cell says nothing of the currency: that of an order that is there stays. Its stored amounts have as many digits as
 * the currency has.
 */
const knownCurrencies = (clientId: string): string => `
    UPDATE import_group g SET currency = o.currency, digits = scale(o.subtotal) FROM orders o
    WHERE NOT g.states_currency AND o.client_id = ${escapeLiteral(clientId)}::uuid AND o.number = g.number;`;

/**
 * Queries for errors: row, field, message and value.
 *
 * @param isWhole whether all rows of the file are here: what is missing may else stand in a row that has errors of its own
 */
export const faultsOfGroups = ({ form, settings }: StagedFile, isWhole: boolean): string[] => [
  ...(isWhole || !form.fillsBlanks ? [disagreements(form)] : []),
  ...(settings.format === 'ndjson'
    ? [
        `SELECT DISTINCT l.row_number AS "row", 'number' AS field,
           'order ' || l.number || ' stands in line ' || g.first_row || ' already' AS message, l.number AS value
         FROM import_group g JOIN import_line l USING (number) WHERE l.row_number > g.first_row`,
      ]
    : []),
  `SELECT first_row AS "row", 'order_number' AS field,
     'order ' || number || ' has ' || line_count || ' lines, more than ${ORDER_LIMITS.linesPerOrder}' AS message,
     number AS value
   FROM import_group WHERE line_count > ${ORDER_LIMITS.linesPerOrder}`,
  ...(isWhole
    ? [
        `SELECT first_row AS "row", 'order_number' AS field, 'order ' || number || ' has no lines' AS message,
           number AS value
         FROM import_group WHERE line_count = 0`,
        `SELECT first_row AS "row", 'ordered_at' AS field, 'ordered_at is missing' AS message, NULL AS value
         FROM import_group WHERE ordered_at IS NULL`,
      ]
    : []),
  `SELECT row_number AS "row", 'line_total' AS field, 'quantity times unit_price is too large' AS message,
     total::text AS value
   FROM import_item WHERE abs(total) >= ${LARGEST}`,
  `SELECT row_number AS "row", 'unit_price' AS field, 'line_total divided by quantity is too large' AS message,
     unit_price::text AS value
   FROM import_item WHERE abs(unit_price) >= ${LARGEST}`,
];

/** The rows that say something else of their order than its first row does. */
function disagreements(form: FileForm): string {
  const strict = (column: string): string => `l.${column} IS DISTINCT FROM first.${column}`;
  const lenient = (column: string): string =>
    `l.${column} IS NOT NULL AND l.${column} <> coalesce(first.${column}, g.${column})`;
  const compared = [
    ...SHARED.map((column) => [column, form.fillsBlanks ? lenient(column) : strict(column)] as const),
    ...SHARED_AMOUNTS.filter((column) => !form.addsUpRows || column === 'tax_included').map(
      (column) => [column, lenient(column)] as const,
    ),
  ];
  return `
    SELECT l.row_number AS "row", difference.field, difference.value,
      'order ' || l.number || ' has another ' || difference.field || ' in row ' || g.first_row AS message
    FROM import_group g
    JOIN import_line first ON first.row_number = g.first_row AND first.place = 0
    JOIN import_line l ON l.number = g.number AND l.place = 0
    CROSS JOIN LATERAL (VALUES
      ${compared.map(([column, differs]) => `('${column}', ${differs}, l.${column}::text)`).join(', ')}
    ) AS difference (field, present, value)
    WHERE NOT g.consistent AND difference.present`;
}
