import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of ISO 4217, as of this migration: those that have not two. */
const MINOR_UNITS = `(VALUES ('BIF', 0), ('CLP', 0), ('DJF', 0), ('GNF', 0), ('ISK', 0), ('JPY', 0), ('KMF', 0), ('KRW', 0),
  ('PYG', 0), ('RWF', 0), ('UGX', 0), ('UYI', 0), ('VND', 0), ('VUV', 0), ('XAF', 0), ('XOF', 0), ('XPF', 0), ('BHD', 3),
  ('IQD', 3), ('JOD', 3), ('KWD', 3), ('LYD', 3), ('OMR', 3), ('TND', 3), ('CLF', 4), ('UYW', 4)) AS m(currency, digits)`;

/**
 * Money in minor units, orders that change, and the feed of their changes.
 *
 * A stored amount has exactly the digits of its currency, so that its text, and the text of a sum, has them too. Totals
 * follow from their parts in the table itself: no statement can write one that does not.
 *
 * Each line's total is rounded once, here too, and an order's total is the sum of them: where lines were finer than the
 * currency, it changes by what the rounding of each comes to. All orders and lines are written anew, which takes some
 * minutes for ten million lines; nobody can read or write them meanwhile.
 */
export class OrderBook1795651200018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What a migration did to data, for a person to read: logged when it has run, and kept.
      CREATE TABLE migration_note (
        migration text NOT NULL,
        note text NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now()
      );

      -- None can be written from here on; a line could else be missed.
      LOCK TABLE orders, order_line IN ACCESS EXCLUSIVE MODE;
      CREATE TEMPORARY TABLE total_before ON COMMIT DROP AS SELECT id, total FROM orders;

      ALTER TABLE order_line
        ALTER COLUMN unit_price TYPE numeric, ALTER COLUMN total TYPE numeric,
        DROP CONSTRAINT order_line_quantity_check, ADD CHECK (quantity <> 0);
      UPDATE order_line SET total = round(order_line.total, digits),
        unit_price = CASE WHEN scale(trim_scale(unit_price)) > digits THEN trim_scale(unit_price)
          ELSE round(unit_price, digits) END
      FROM (SELECT o.id, coalesce(m.digits, 2) AS digits FROM orders o LEFT JOIN ${MINOR_UNITS} USING (currency)) of_order
      WHERE of_order.id = order_line.order_id;

      ALTER TABLE orders
        ADD COLUMN subtotal numeric, ADD COLUMN discount_total numeric, ADD COLUMN shipping_total numeric,
        ADD COLUMN tax_total numeric, ADD COLUMN tax_included boolean NOT NULL DEFAULT false,
        ADD COLUMN adjustment_total numeric, ADD COLUMN refunded_total numeric,
        ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0), ADD COLUMN updated_at timestamptz;
      UPDATE orders SET subtotal = lines.total, discount_total = none, shipping_total = none, tax_total = none,
        adjustment_total = none,
        -- What was refunded was refunded whole.
        refunded_total = CASE WHEN status = 'refunded' THEN greatest(lines.total, none) ELSE none END,
        updated_at = created_at
      FROM (SELECT order_id, sum(total) AS total, sum(total) - sum(total) AS none FROM order_line GROUP BY order_id) lines
      WHERE lines.order_id = orders.id;
      ALTER TABLE orders
        ALTER COLUMN subtotal SET NOT NULL, ALTER COLUMN discount_total SET NOT NULL,
        ALTER COLUMN shipping_total SET NOT NULL, ALTER COLUMN tax_total SET NOT NULL,
        ALTER COLUMN adjustment_total SET NOT NULL, ALTER COLUMN refunded_total SET NOT NULL,
        ALTER COLUMN tax_included DROP DEFAULT,
        ALTER COLUMN updated_at SET NOT NULL, ALTER COLUMN updated_at SET DEFAULT now(),
        DROP COLUMN total,
        ADD COLUMN total numeric NOT NULL GENERATED ALWAYS AS (subtotal - discount_total + shipping_total
          + CASE WHEN tax_included THEN tax_total - tax_total ELSE tax_total END + adjustment_total) STORED,
        -- Nothing, with the digits of the currency, is what a subtotal less itself is.
        ADD COLUMN net_total numeric NOT NULL GENERATED ALWAYS AS (CASE WHEN status = 'cancelled' THEN subtotal - subtotal
          ELSE subtotal - discount_total + shipping_total + CASE WHEN tax_included THEN tax_total - tax_total ELSE tax_total END
            + adjustment_total - refunded_total END) STORED,
        ADD CONSTRAINT orders_refund CHECK (refunded_total >= 0 AND refunded_total <= greatest(total, 0)),
        ADD CONSTRAINT orders_parts CHECK (discount_total >= 0 AND shipping_total >= 0);

      CREATE INDEX orders_of_update ON orders (client_id, updated_at);

      -- What became of orders, and by whom: by a key, or by a job. The position of a change is drawn while its order is
      -- locked, so that changes of one order stand in the order of its versions.
      CREATE TABLE order_change (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        client_id uuid NOT NULL,
        position bigint NOT NULL GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME order_change_position),
        order_id uuid NOT NULL,
        number text NOT NULL,
        version integer NOT NULL,
        change text NOT NULL CHECK (change IN ('created', 'updated', 'deleted')),
        changed_at timestamptz NOT NULL DEFAULT now(),
        key_id uuid,
        job_id uuid
      );
      CREATE UNIQUE INDEX order_change_feed ON order_change (client_id, position);
      ALTER TABLE order_change SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      -- What was removed for its age: cursors up to here are of no use any more.
      CREATE TABLE order_change_horizon (removed_up_to bigint NOT NULL DEFAULT 0);
      INSERT INTO order_change_horizon DEFAULT VALUES;

      -- Positions are drawn in one order and committed in another. Whoever writes orders of a client therefore holds a lock,
      -- shared, from before it draws its first position until it ends: it names the client, and a position that is
      -- below all that the writer draws (ADR 0031).
      CREATE FUNCTION order_writers_of(client uuid) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT hashtext('orders of ' || client)
      $$;
      CREATE FUNCTION lock_order_writers(client uuid) RETURNS void LANGUAGE sql VOLATILE AS $$
        SELECT pg_advisory_xact_lock_shared(order_writers_of(client),
          -- The lower half, as a signed number.
          ((nextval('order_change_position') + 2147483648) % 4294967296 - 2147483648)::integer)
      $$;
      -- Below it all positions of a client are final: nothing comes to lie there any more. Reads committed data alone.
      CREATE FUNCTION final_order_position(client uuid) RETURNS bigint LANGUAGE sql VOLATILE AS $$
        -- First the last position that was drawn, then who is writing: what is drawn after the first lies above it, and
        -- what was drawn before has ended, or is among the second.
        WITH drawn AS MATERIALIZED (SELECT coalesce(pg_sequence_last_value('order_change_position'), 0) + 1 AS next)
        SELECT least(drawn.next, (
          SELECT min(CASE WHEN behind < 2147483648 THEN drawn.next - behind ELSE drawn.next END)
          FROM pg_locks writer
          CROSS JOIN LATERAL (SELECT (drawn.next - writer.objid::bigint) & 4294967295 AS behind) distance
          WHERE writer.locktype = 'advisory' AND writer.objsubid = 2
            AND writer.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND writer.classid::bigint = (order_writers_of(client)::bigint & 4294967295)
        )) FROM drawn
      $$;

      INSERT INTO migration_note (migration, note)
      SELECT 'OrderBook1795651200018', format(
        'Orders of client %s in %s: %s of %s have another total, now that each line is rounded to the minor unit of the currency. '
        'Together they were %s, and are %s.', client_id, currency,
        count(*) FILTER (WHERE total <> before), count(*), trim_scale(sum(before)), sum(total))
      FROM (SELECT client_id, currency, orders.total, total_before.total AS before FROM orders JOIN total_before USING (id)) book
      GROUP BY client_id, currency HAVING bool_or(total <> before) ORDER BY client_id, currency;
      INSERT INTO migration_note (migration, note)
      SELECT 'OrderBook1795651200018', format(
        'Orders of client %s in %s: %s with the status refunded are refunded whole, %s together.', client_id, currency, count(*),
        sum(refunded_total))
      FROM orders WHERE status = 'refunded' GROUP BY client_id, currency ORDER BY client_id, currency;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE orders, order_change IN ACCESS EXCLUSIVE MODE');
    const [row] = (await runner.query('SELECT EXISTS (SELECT FROM orders) AS filled')) as {
      filled: boolean;
    }[];
    if (row?.filled === true)
      throw new Error('Not reverted: the discounts, taxes and refunds of the rows of orders would be lost.');
    await runner.query(`
      DROP FUNCTION final_order_position, lock_order_writers, order_writers_of;
      DROP TABLE order_change_horizon, order_change, migration_note;
      DROP INDEX orders_of_update;
      ALTER TABLE orders DROP CONSTRAINT orders_parts, DROP CONSTRAINT orders_refund, DROP COLUMN net_total, DROP COLUMN total,
        DROP COLUMN updated_at, DROP COLUMN version, DROP COLUMN refunded_total, DROP COLUMN adjustment_total,
        DROP COLUMN tax_included, DROP COLUMN tax_total, DROP COLUMN shipping_total, DROP COLUMN discount_total,
        DROP COLUMN subtotal, ADD COLUMN total numeric(19, 4) NOT NULL;
      ALTER TABLE order_line DROP CONSTRAINT order_line_quantity_check, ADD CHECK (quantity > 0),
        ALTER COLUMN unit_price TYPE numeric(19, 4), ALTER COLUMN total TYPE numeric(19, 4);
    `);
  }
}
