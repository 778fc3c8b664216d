import { escapeLiteral } from 'pg';
import { ORDER_LIMITS } from '../order-limits';
import { OrderStatus } from '../order-status';
import type { Stated } from './file-reader';
import { LARGEST, type StagedFile } from './grouping-sql';
import { OnConflict } from './import-settings';

/** What an order has beside its lines, for reading and writing; the totals that Postgres computes are left out. */
export const WRITTEN = [
  'ordered_at',
  'status',
  'currency',
  'customer_name',
  'customer_reference',
  'line_count',
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'tax_included',
  'adjustment_total',
  'refunded_total',
] as const;
export const AMOUNTS = [
  'subtotal',
  'discount_total',
  'shipping_total',
  'tax_total',
  'adjustment_total',
  'refunded_total',
] as const;

/** What is written, of a table. */
const listOf = (alias: string): string => WRITTEN.map((column) => `${alias}.${column}`).join(', ');

/**
 * Notes which orders of the file the client has.
 *
 * @param isLocked whether nobody else may change them until the end of the transaction; in one order, so that two imports
 *   of the same numbers wait for each other instead of deadlocking
 */
export const findKnown = ({ clientId }: StagedFile, isLocked: boolean): string => `
  DROP TABLE IF EXISTS import_known;
  CREATE TEMPORARY TABLE import_known ON COMMIT DROP AS
  SELECT o.id, o.number, ${listOf('o')}
  FROM import_group g JOIN orders o ON o.client_id = ${escapeLiteral(clientId)}::uuid AND o.number = g.number
  ORDER BY g.number COLLATE "C"${isLocked ? ' FOR UPDATE OF o' : ''};
  CREATE UNIQUE INDEX ON import_known (number);
  ANALYZE import_known`;

/**
 * Makes of the file, and with `update` of what is known already, what the orders will be: exact amounts, which are not
 * rounded yet.
 */
export function resolveOrders({ form, settings, stated }: StagedFile): string {
  const updates = settings.onConflict === OnConflict.Update;
  /** What the file says; where it has nothing to say it with, what is known; else what an order has that says nothing. */
  const value = (column: Stated, otherwise: string): string => {
    const known = updates ? `k.${column}` : 'NULL';
    if (stated === null) return `coalesce(g.${column}, ${known}, ${otherwise})`;
    return `coalesce(${stated.has(column) ? `g.${column}` : known}, ${otherwise})`;
  };
  const status = escapeLiteral(settings.status ?? OrderStatus.Pending);
  const ownTotal = `g.total IS NOT NULL`;
  const refundsAll = `greatest(t.total, 0)`;
  const knownRefund = updates ? 'k.refunded_total' : 'NULL';
  const saysRefund = stated === null || stated.has('refunded_total');
  const isCapped = form.mayOverRefund ? `coalesce(g.refunded_total > ${refundsAll}, false)` : 'false';
  return `
    DROP TABLE IF EXISTS import_order;
    CREATE TEMPORARY TABLE import_order ON COMMIT DROP AS
    SELECT g.number, g.first_row, coalesce(k.id, g.id) AS id, k.id IS NOT NULL AS known, false AS same_lines,
      g.consistent AND g.line_count <= ${ORDER_LIMITS.linesPerOrder} AS sound, g.digits,
      g.ordered_at, h.status, g.currency, g.states_currency, k.currency AS known_currency, h.customer_name, h.customer_reference,
      g.line_count, g.total AS own_total, s.subtotal, d.discount_total, h.shipping_total, h.tax_total, i.tax_included,
      a.adjustment_total, t.total,
      CASE WHEN ${isCapped} THEN ${refundsAll}
        ELSE ${saysRefund ? 'coalesce(g.refunded_total, r.refunded_total)' : 'r.refunded_total'} END AS refunded_total,
      ${isCapped} AS refund_is_capped
    FROM import_group g
    JOIN (SELECT number, sum(total) AS subtotal FROM import_item GROUP BY number) AS s USING (number)
    LEFT JOIN import_known k ON k.number = g.number AND ${updates}
    CROSS JOIN LATERAL (SELECT
      coalesce(g.status, k.status, ${status}) AS status,
      coalesce(${value('customer_name', 'NULL')}, ${escapeLiteral(form.missingName ?? '-')}) AS customer_name,
      nullif(${value('customer_reference', 'NULL')}, '') AS customer_reference,
      ${value('shipping_total', '0')} AS shipping_total,
      ${value('tax_total', '0')} AS tax_total
    ) AS h
    CROSS JOIN LATERAL (SELECT ${
      form.discountBySubtotal
        ? `CASE WHEN g.subtotal IS NULL THEN ${value('discount_total', '0')} ELSE greatest(s.subtotal - g.subtotal, 0) END`
        : value('discount_total', '0')
    } AS discount_total) AS d
    CROSS JOIN LATERAL (SELECT s.subtotal - d.discount_total + h.shipping_total AS before_tax) AS b
    CROSS JOIN LATERAL (SELECT ${
      form.taxIncluded === 'by total'
        ? `CASE WHEN ${ownTotal} THEN h.tax_total <> 0 AND abs(g.total - b.before_tax) < abs(g.total - b.before_tax - h.tax_total)
             ELSE ${value('tax_included', 'false')} END`
        : value('tax_included', 'false')
    } AS tax_included) AS i
    CROSS JOIN LATERAL (SELECT b.before_tax + CASE WHEN i.tax_included THEN 0 ELSE h.tax_total END AS total) AS c
    CROSS JOIN LATERAL (SELECT ${
      form.otherTotal === 'adjustment'
        ? `CASE WHEN ${ownTotal} THEN g.total - c.total ELSE ${value('adjustment_total', '0')} END`
        : value('adjustment_total', '0')
    } AS adjustment_total) AS a
    CROSS JOIN LATERAL (SELECT c.total + a.adjustment_total AS total) AS t
    CROSS JOIN LATERAL (SELECT CASE WHEN h.status = '${OrderStatus.Refunded}' THEN ${refundsAll}
      ELSE ${saysRefund && stated !== null ? '0' : `coalesce(${knownRefund}, 0)`} END AS refunded_total) AS r;
    CREATE UNIQUE INDEX ON import_order (number);
    ANALYZE import_order`;
}

/** As `faultsOfGroups`, of the orders as they will be; what is wrong with their rows is known already. */
export function faultsOfOrders({ form, stated, settings }: StagedFile): string[] {
  const amounts = AMOUNTS.filter((column) => column !== 'subtotal');
  return [
    `SELECT first_row AS "row", amount.field, 'order ' || number || ' has more decimals in ' || amount.field
       || ' than ' || currency || ' has (' || digits || ')' AS message, amount.value::text AS value
     FROM import_order CROSS JOIN LATERAL (VALUES
       ${amounts.map((column) => `('${column}', ${column})`).join(', ')}
     ) AS amount (field, value)
     WHERE sound AND scale(trim_scale(amount.value)) > digits`,
    `SELECT first_row AS "row", 'order_number' AS field, 'the total of order ' || number || ' is too large' AS message,
       total::text AS value
     FROM import_order WHERE sound AND greatest(abs(subtotal), abs(total)) >= ${LARGEST}`,
    `SELECT first_row AS "row", 'refunded_total' AS field,
       CASE WHEN refunded_total < 0 THEN 'refunded_total must not be negative'
         ELSE 'order ' || number || ' has more refunded than its total of ' || round(total, digits) END AS message,
       refunded_total::text AS value
     FROM import_order WHERE sound AND (refunded_total < 0 OR refunded_total > greatest(total, 0))`,
    `SELECT first_row AS "row", amount.field, amount.field || ' must not be negative' AS message,
       amount.value::text AS value
     FROM import_order CROSS JOIN LATERAL (VALUES
       ('discount_total', discount_total), ('shipping_total', shipping_total)
     ) AS amount (field, value)
     WHERE sound AND amount.value < 0`,
    ...(form.otherTotal === 'error'
      ? [
          `SELECT first_row AS "row", 'total' AS field, 'order ' || number || ' adds up to ' || round(total, digits)
             || '; what a total has beyond that belongs into adjustment_total' AS message, own_total::text AS value
           FROM import_order WHERE sound AND own_total <> total`,
        ]
      : []),
    ...(stated !== null && settings.onConflict === OnConflict.Update
      ? [
          `SELECT first_row AS "row", 'currency' AS field, 'order ' || number || ' is in ' || known_currency
             || ', and the file, which has no currency, was read as ' || currency AS message, currency AS value
           FROM import_order WHERE sound AND NOT states_currency AND known_currency <> currency`,
        ]
      : []),
  ];
}

/** The orders that the client has, as errors. */
export const knownAsFaults = (): string =>
  `SELECT g.first_row AS "row", 'order_number' AS field, 'order ' || g.number || ' exists already' AS message,
     g.number AS value
   FROM import_group g JOIN import_known k USING (number)`;

/**
 * Notes of which orders the lines are as they were. Lines are put together by their keys alone: by values that many lines
 * share, which statistics may not know yet, it would be each with each.
 */
export const noteUnchanged = (): string => `
  UPDATE import_order o SET same_lines = true
  FROM (
    SELECT i.number FROM import_item i
    JOIN import_order n ON n.number = i.number AND n.known
    JOIN order_line l ON l.order_id = n.id AND l.position = i.position
    GROUP BY i.number, n.line_count
    HAVING count(*) FILTER (WHERE
      (l.sku, l.description, l.quantity, l.unit_price, l.total) = (i.sku, i.description, i.quantity, i.unit_price, i.total)
    ) = n.line_count
  ) AS same, import_known k
  WHERE o.number = same.number AND k.number = o.number AND k.line_count = o.line_count`;

/** How many orders with a capped refund are listed. */
const MOST_CAPPED = 20;

export const countOrders = (): string => `
  SELECT count(*)::integer AS orders, coalesce(sum(o.line_count), 0)::integer AS lines, count(k.id)::integer AS known,
    count(*) FILTER (WHERE ${UNCHANGED})::integer AS unchanged,
    ARRAY(SELECT number FROM import_order WHERE refund_is_capped ORDER BY first_row LIMIT ${MOST_CAPPED}) AS capped_refunds
  FROM import_order o LEFT JOIN import_known k USING (number)`;

/** Of `import_order o` and `import_known k`. */
export const UNCHANGED = `o.same_lines AND (${listOf('o')}) IS NOT DISTINCT FROM (${listOf('k')})`;
