import type { EntityManager } from 'typeorm';
import { insertChanges, lockWriters } from '../orders/order-changes';
import { ERASED, type ErasureAtWork } from './erasure';
import { MOST_NAMES } from './traces';

/** Orders of one statement. */
const BATCH = 500;
/** Lines of them, where they are deleted. */
const LINES = 10_000;
/** Entries of the feed of changes, and notes of former customers. */
const NOTES = 5_000;

/** What an erasure changes is no note of a former customer. */
const SAY_SO = `SET LOCAL order_reports.erasing = 'on'`;

/**
 * Makes orders of the person nobody's, and notes what they were: what is searched next is found by it.
 *
 * @returns how many; 0 when there are no more
 */
export async function anonymizeOrders(manager: EntityManager, erasure: ErasureAtWork): Promise<number> {
  await lockWriters(manager, erasure.client_id);
  await manager.query(SAY_SO);
  const [changed] = await manager.query<{ orders: number }[]>(
    `WITH found AS MATERIALIZED (
       SELECT id, customer_name, ordered_at, created_at FROM orders
       WHERE client_id = $1 AND customer_reference = $2
       -- As imports lock them, so that neither waits for the other for ever.
       ORDER BY number COLLATE "C" LIMIT ${BATCH} FOR UPDATE
     ), noted AS (
       INSERT INTO erasure_order (erasure_id, order_id, customer_name, ordered_at, created_at)
       SELECT $3, id, customer_name, ordered_at, created_at FROM found
     ), updated AS (
       UPDATE orders o SET customer_name = '${ERASED}', customer_reference = NULL, version = version + 1, updated_at = now()
       FROM found WHERE o.id = found.id RETURNING o.id, o.number, o.version
     ), changes AS (${insertChanges('updated', 'updated', { client: '$1::uuid', key: '$4::uuid', job: 'NULL::uuid' })})
     SELECT count(*)::int AS orders FROM updated`,
    [erasure.client_id, erasure.customer_reference, erasure.id, erasure.asked_by_key_id],
  );
  return changed?.orders ?? 0;
}

/** Takes over what is known of orders that were the person's before. */
export async function takeFormerOrders(manager: EntityManager, erasure: ErasureAtWork): Promise<number> {
  const rows = await manager.query<unknown[]>(
    `WITH former AS (
       DELETE FROM former_customer WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM former_customer WHERE client_id = $1 AND reference_hash = customer_hash($1, $2)
         LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))
       RETURNING order_id, customer_name, ordered_at, created_at, until
     )
     INSERT INTO erasure_order (erasure_id, order_id, customer_name, ordered_at, created_at, until)
     SELECT $3, order_id, customer_name, ordered_at, created_at, until FROM former RETURNING order_id`,
    [erasure.client_id, erasure.customer_reference, erasure.id],
  );
  return rows.length;
}

/** The names that the person's orders have had, the most frequent first. */
export async function namesOf(manager: Pick<EntityManager, 'query'>, erasureId: string): Promise<string[]> {
  const rows = await manager.query<{ name: string }[]>(
    `SELECT customer_name AS name FROM erasure_order WHERE erasure_id = $1 AND customer_name <> '${ERASED}'
     GROUP BY customer_name ORDER BY count(*) DESC, customer_name LIMIT ${MOST_NAMES}`,
    [erasureId],
  );
  return rows.map(({ name }) => name);
}

/** @returns how many notes were removed; 0 when there are no more */
export async function forgetOrders(manager: EntityManager, erasureId: string): Promise<number> {
  const rows = await manager.query<unknown[]>(
    `WITH gone AS (
       DELETE FROM erasure_order WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM erasure_order WHERE erasure_id = $1 LIMIT ${NOTES}))
       RETURNING order_id
     ) SELECT FROM gone`,
    [erasureId],
  );
  return rows.length;
}

/** Deletes orders of a client, with their lines. @returns how many; 0 when there are no more */
export async function deleteOrders(manager: EntityManager, clientId: string): Promise<number> {
  await lockWriters(manager, clientId);
  await manager.query(SAY_SO);
  const rows = await manager.query<unknown[]>(
    `WITH next AS MATERIALIZED (
       SELECT id, line_count FROM orders WHERE client_id = $1 ORDER BY ordered_at, number LIMIT ${BATCH}
     ), fitting AS (
       SELECT id FROM (SELECT id, sum(line_count) OVER (ORDER BY id) - line_count AS before FROM next) n
       WHERE before < ${LINES}
     ), gone AS (
       DELETE FROM orders o USING fitting WHERE o.id = fitting.id RETURNING o.id
     ) SELECT FROM gone`,
    [clientId],
  );
  return rows.length;
}

/** Deletes what else is kept of a client's orders. @returns how many rows; 0 when there are no more */
export async function deleteOrderNotes(manager: EntityManager, clientId: string): Promise<number> {
  let all = 0;
  for (const [table, order] of [
    ['order_change', 'position'],
    ['former_customer', 'reference_hash'],
  ]) {
    const rows = await manager.query<unknown[]>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE client_id = $1 ORDER BY ${order} LIMIT ${NOTES}))
         RETURNING client_id
       ) SELECT FROM gone`,
      [clientId],
    );
    all += rows.length;
  }
  return all;
}
