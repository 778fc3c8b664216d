import type { Client } from 'pg';

/** Jobs that one statement adds. */
const AT_ONCE = 100_000;

/** SQL of an id that was made at a time. */
const idAt = (time: string): string =>
  `overlay(uuid_v7()::text PLACING left(first_uuid_v7(${time})::text, 13) FROM 1 FOR 13)::uuid`;

/**
 * Adds finished jobs of the last 80 days, each with its three events, its message and a delivery that succeeded at the
 * first attempt. One in a hundred has failed.
 *
 * @param owners SQL of an array of client ids, between which they are divided
 */
export async function addHistory(database: Client, owners: string, jobs: number): Promise<void> {
  // Or it would write whole pages again and again.
  await database.query(`ALTER SYSTEM SET max_wal_size = '8GB'`);
  await database.query('SELECT pg_reload_conf()');
  // The triggers would fan the events out.
  await database.query('SET session_replication_role = replica; SET synchronous_commit = off');
  for (let left = jobs; left > 0; left -= AT_ONCE) {
    await database.query(
      `WITH owners AS MATERIALIZED (SELECT ${owners} AS ids), made AS MATERIALIZED (
         SELECT ids[1 + n % cardinality(ids)] AS client_id, random() < 0.01 AS failed,
           -- In the order of time, as it comes: rows that were made together stand together.
           now() - make_interval(secs => 80 * 86400 * ($2 - n)::float8 / $3) AS at
         FROM owners, generate_series(1, $1) AS n
       ), job AS (
         INSERT INTO job (id, client_id, type, state, request, parameters, attempt, max_failures, max_crashes, steps, step, progress,
           result, error, run_at, deadline_at, created_at, started_at, finished_at, expires_at)
         SELECT ${idAt('at')}, client_id, 'orders.report', CASE WHEN failed THEN 'FAILED' ELSE 'COMPLETED' END,
           '{"method": "POST", "path": "/v1/orders/reports", "body": {"start_date": "2016-01-01", "end_date": "2017-01-01"}}',
           '{"format": "pdf", "startDate": "2016-01-01", "endDate": "2017-01-01", "timeZone": "UTC", "statuses": null}', 1, 3, 3,
           '{query,render,store}', 3, 100,
           CASE WHEN NOT failed THEN '{"artifact": {"sha256": "00", "bytes": 100000, "pages": 3}, "orders": 20}'::jsonb END,
           CASE WHEN failed THEN '{"code": "too_many_rows", "message": "The report has too many rows."}'::jsonb END,
           at, at + interval '1 hour', at, at, at + interval '1 s', CASE WHEN NOT failed THEN at + interval '7 days' END
         FROM made RETURNING id, client_id, state, created_at
       ), event AS (
         INSERT INTO job_event (id, job_id, client_id, type, round, attempt, terminal, data, occurred_at)
         SELECT ${idAt('created_at')}, id, client_id, 'orders.report.' || what, 0, 1, what = 'completed', '{}', created_at
         FROM job, unnest(ARRAY['accepted', 'started', 'completed']) AS what
         RETURNING id, job_id, client_id, terminal, occurred_at
       ), message AS (
         INSERT INTO webhook_message (id, client_id, job_id, type, body, occurred_at, created_at)
         SELECT id, client_id, job_id, 'orders.report.completed', convert_to(repeat('x', 600), 'UTF8'), occurred_at, occurred_at
         FROM event WHERE terminal RETURNING id, client_id, created_at
       ), delivery AS (
         INSERT INTO delivery (id, message_id, client_id, destination_id, url, state, attempt, due_at, give_up_at, created_at, finished_at)
         SELECT ${idAt('created_at')}, id, client_id, client_id, 'https://shop.example/hook', 'DELIVERED', 1, created_at,
           created_at + interval '6 days', created_at, created_at
         FROM message RETURNING id, created_at
       )
       INSERT INTO delivery_attempt (delivery_id, attempt, started_at, outcome, status, timings)
       SELECT id, 1, created_at, 'delivered', 204, '{"total": 12}' FROM delivery`,
      [Math.min(left, AT_ONCE), left, jobs],
    );
    if (jobs > AT_ONCE) console.log(`filling: ${left - Math.min(left, AT_ONCE)} jobs left`);
  }
  await database.query('SET session_replication_role = origin');
  for (const table of ['job', 'job_event', 'webhook_message', 'delivery', 'delivery_attempt'])
    await database.query(`VACUUM (ANALYZE) ${table}`);
  await database.query('ALTER SYSTEM RESET max_wal_size');
  await database.query('SELECT pg_reload_conf()');
}

/** Adds clients with so many due jobs each, and nothing else of them. */
export async function addWaiting(database: Client, clients: number, each: number): Promise<void> {
  await database.query(
    `WITH owner AS (INSERT INTO client (name) SELECT 'Waits ' || uuid_v7() || n FROM generate_series(1, $1) n RETURNING id)
     INSERT INTO job (id, client_id, type, request, parameters, max_failures, max_crashes, steps, deadline_at)
     SELECT uuid_v7(), owner.id, 'bench.noop', '{}', '{}', 3, 3, '{only}', now() + interval '1 day'
     FROM owner, generate_series(1, $2)`,
    [clients, each],
  );
  await database.query('VACUUM (ANALYZE) job');
}

/** Adds orders of one line each, in the year 2015. */
export async function addOrders(database: Client, clientId: string, orders: number): Promise<void> {
  await database.query(
    `WITH made AS (
       INSERT INTO orders (client_id, number, ordered_at, status, currency, customer_name, subtotal, discount_total, shipping_total,
           tax_total, tax_included, adjustment_total, refunded_total, line_count)
       SELECT $1, 'G-' || n, timestamptz '2015-01-01 UTC' + n * interval '30 s', 'paid', 'USD', 'Customer ' || n % 5000, 12.50, 0.00, 0.00, 0.00, false,
         0.00, 0.00, 1
       FROM generate_series(1, $2) n RETURNING id
     ) INSERT INTO order_line (order_id, position, sku, description, quantity, unit_price, total)
       SELECT id, 1, 'S', 'Thing', 1, 12.50, 12.50 FROM made`,
    [clientId, orders],
  );
  await database.query('VACUUM (ANALYZE) orders');
}

/** Adds deliveries that wait for an endpoint, with their messages: until tomorrow, but for one of each statement. */
export async function addPending(
  database: Client,
  client: string,
  endpoint: string,
  url: string,
  deliveries: number,
): Promise<void> {
  for (let left = deliveries; left > 0; left -= AT_ONCE)
    await database.query(
      `WITH message AS (
         INSERT INTO webhook_message (id, client_id, type, body, occurred_at)
         SELECT uuid_v7(), $1, 'bench.completed', convert_to(repeat('x', 600), 'UTF8'), now() FROM generate_series(1, $4)
         RETURNING id
       )
       INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, attempt, failures, due_at, give_up_at)
       SELECT uuid_v7(), id, $1, $2, $2, $3, 2, 2,
         now() + CASE WHEN row_number() OVER () = 1 THEN interval '0' ELSE interval '1 day' END, now() + interval '6 days'
       FROM message`,
      [client, endpoint, url, Math.min(left, AT_ONCE)],
    );
  await database.query('VACUUM (ANALYZE) webhook_message, delivery');
}

/** Adds messages of so many new clients, with numbers of transactions that this cluster does not have yet. */
export async function addMessages(database: Client, clients: number, messages: number): Promise<void> {
  await database.query(`INSERT INTO client (name) SELECT 'Restored ' || n FROM generate_series(1, $1) n`, [
    clients,
  ]);
  for (let left = messages; left > 0; left -= AT_ONCE)
    await database.query(
      `WITH owners AS MATERIALIZED (SELECT array_agg(id) AS ids FROM client)
       INSERT INTO webhook_message (id, client_id, transaction_id, type, body, occurred_at)
       SELECT uuid_v7(), ids[1 + n % cardinality(ids)], (1000000000000 + $2::bigint - n)::text::xid8, 'bench.completed',
         convert_to(repeat('x', 600), 'UTF8'), now()
       FROM owners, generate_series(1, $1) AS n`,
      [Math.min(left, AT_ONCE), left],
    );
  await database.query('VACUUM (ANALYZE) webhook_message');
}
