import { escapeLiteral } from 'pg';
import type { StagedFile } from './grouping-sql';
import { AMOUNTS, UNCHANGED, WRITTEN } from './resolving-sql';

/** What is written of an order: amounts with the digits of the currency. */
const written = (column: (typeof WRITTEN)[number]): string =>
  (AMOUNTS as readonly string[]).includes(column) ? `round(o.${column}, o.digits)` : `o.${column}`;

const columnList = WRITTEN.join(', ');
const valueList = WRITTEN.map(written).join(', ');

/**
 * Writes the orders that are new, in the order of their numbers, so that two imports of the same wait for each other instead
 * of deadlocking. One that another writer was faster with is left out.
 */
export const insertOrders = ({ clientId }: StagedFile): string => `
  WITH written AS (
    INSERT INTO orders (id, client_id, number, ${columnList})
    SELECT o.id, ${escapeLiteral(clientId)}::uuid, o.number, ${valueList}
    FROM import_order o WHERE NOT o.known ORDER BY o.number COLLATE "C"
    ON CONFLICT (client_id, number) DO NOTHING
    RETURNING id, number, version
  )`;

/** Writes the orders that were locked and are not as they were. */
export const updateOrders = (): string => `
  WITH written AS (
    UPDATE orders SET (${columnList}) = ROW(${valueList}), version = orders.version + 1, updated_at = now()
    FROM import_order o JOIN import_known k ON k.number = o.number
    WHERE orders.id = o.id AND o.known AND NOT (${UNCHANGED})
    RETURNING orders.id, orders.number, orders.version
  )`;

/** Of orders that are written anew. */
export const deleteLines = (): string => `
  DELETE FROM order_line l USING import_order o WHERE o.known AND NOT o.same_lines AND l.order_id = o.id`;

/** The lines of what was written. */
export const insertLines = (): string => `
  INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
  SELECT o.id, i.position, i.sku, i.description, i.quantity, i.unit_price, i.total
  FROM import_item i JOIN import_order o USING (number)
  WHERE NOT (o.known AND o.same_lines) AND EXISTS (SELECT FROM orders WHERE orders.id = o.id)`;
