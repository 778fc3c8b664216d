/**
 * SQL of what became of orders since a position of the feed of changes. A number is what an order is known by outside: one
 * that was deleted and made anew under its number has changed.
 */
const changedNumbers = (client: string, since: string): string =>
  `(SELECT DISTINCT number FROM order_change WHERE client_id = ${client} AND position >= ${since}::bigint) AS changed`;

/** In place of `orders`: those that changed and are there. */
export const changedOrders = (client: string, since: string): string =>
  `(SELECT o.* FROM ${changedNumbers(client, since)} JOIN orders o ON o.client_id = ${client} AND o.number = changed.number)
   AS orders`;

/**
 * A relation of the numbers that changed and that no order of `chosen` has.
 *
 * @param chosen a condition on `orders`
 */
export const removedNumbers = (client: string, since: string, chosen: string): string =>
  `(SELECT changed.number FROM ${changedNumbers(client, since)}
    WHERE NOT EXISTS (SELECT FROM orders WHERE ${chosen} AND orders.number = changed.number)) AS removed`;
