import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Erasures of persons and of clients, and what they need to find everything.
 *
 * Nobody can write orders or files while their indexes are built: some seconds for each ten million orders.
 */
export class Erasures1795651200020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- It outlives whom it erases, so it refers to nothing.
      CREATE TABLE erasure (
        id uuid PRIMARY KEY,
        subject text NOT NULL CHECK (subject IN ('person', 'client')),
        -- Whose orders the person has, or who is erased.
        client_id uuid NOT NULL,
        -- Of the person, for as long as it is needed.
        customer_reference text,
        asked_by_client_id uuid NOT NULL,
        asked_by_key_id uuid NOT NULL,
        step text NOT NULL,
        -- How far the step is.
        cursor jsonb,
        -- Jobs that it waits for.
        waiting_for integer,
        counts jsonb NOT NULL DEFAULT '{}',
        -- The code of what kept it from going on, of the last try.
        error text,
        -- The fencing token, and whose it is until when.
        attempt integer NOT NULL DEFAULT 0,
        lease_until timestamptz,
        run_at timestamptz NOT NULL DEFAULT now(),
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT reference_of_person_at_work CHECK (
          (customer_reference IS NOT NULL) = (subject = 'person' AND finished_at IS NULL))
      );
      CREATE INDEX erasure_due ON erasure (run_at) WHERE finished_at IS NULL;
      CREATE INDEX erasure_of_client ON erasure (client_id) WHERE finished_at IS NULL OR subject = 'client';

      -- What the orders of a person were, from their erasure to the end of his.
      CREATE TABLE erasure_order (
        erasure_id uuid NOT NULL,
        order_id uuid NOT NULL,
        customer_name text,
        ordered_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        -- Null: until it was erased.
        until timestamptz
      );
      CREATE INDEX erasure_order_at ON erasure_order (erasure_id, ordered_at);
      CREATE INDEX erasure_order_of ON erasure_order (erasure_id, order_id);

      CREATE INDEX orders_of_customer ON orders (client_id, customer_reference) WHERE customer_reference IS NOT NULL;
      CREATE INDEX client_file_of_client ON client_file (client_id);

      -- Orders that were of a customer, of another day, or in another name, and no longer are: files and messages that were made
      -- before may show it. The customer is known by a hash of the reference, and for as long as such files are kept.
      CREATE TABLE former_customer (
        client_id uuid NOT NULL,
        reference_hash bytea NOT NULL,
        order_id uuid NOT NULL,
        customer_name text NOT NULL,
        ordered_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        until timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX former_customer_of ON former_customer (client_id, reference_hash);
      CREATE INDEX former_customer_age ON former_customer (until);
      CREATE FUNCTION customer_hash(client uuid, reference text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT sha256(convert_to(client || ' ' || reference, 'UTF8'))
      $$;
      CREATE FUNCTION note_former_customer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO former_customer (client_id, reference_hash, order_id, customer_name, ordered_at, created_at)
          VALUES (OLD.client_id, customer_hash(OLD.client_id, OLD.customer_reference), OLD.id, OLD.customer_name,
            OLD.ordered_at, OLD.created_at);
          RETURN NULL;
        END $$;
      -- An erasure says so by a setting of its transaction.
      CREATE TRIGGER orders_leave_customer AFTER UPDATE ON orders FOR EACH ROW
        WHEN (OLD.customer_reference IS NOT NULL AND (OLD.customer_reference IS DISTINCT FROM NEW.customer_reference
            OR OLD.customer_name <> NEW.customer_name OR OLD.ordered_at <> NEW.ordered_at)
          AND coalesce(current_setting('order_reports.erasing', true), '') = '')
        EXECUTE FUNCTION note_former_customer();
      CREATE TRIGGER orders_go AFTER DELETE ON orders FOR EACH ROW
        WHEN (OLD.customer_reference IS NOT NULL AND coalesce(current_setting('order_reports.erasing', true), '') = '')
        EXECUTE FUNCTION note_former_customer();

      -- Since when a client is being erased: it has no keys, and gets none.
      ALTER TABLE client ADD COLUMN erased_at timestamptz;
      -- Since when what a job was about, or its file, is erased.
      ALTER TABLE job ADD COLUMN erased_at timestamptz;
      -- The erasure that it is deleted by.
      ALTER TABLE report_file ADD COLUMN erasure_id uuid;
      CREATE INDEX report_file_of_erasure ON report_file (erasure_id) WHERE erasure_id IS NOT NULL;
      -- Null: erased.
      ALTER TABLE webhook_message ALTER COLUMN body DROP NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE erasure, webhook_message, job IN ACCESS EXCLUSIVE MODE');
    const rows = (await runner.query('SELECT FROM erasure LIMIT 1')) as unknown[];
    if (rows.length > 0) throw new Error('Not reverted: the records of erasures would be lost.');
    await runner.query(`
      ALTER TABLE webhook_message ALTER COLUMN body SET NOT NULL;
      ALTER TABLE report_file DROP COLUMN erasure_id;
      ALTER TABLE job DROP COLUMN erased_at;
      ALTER TABLE client DROP COLUMN erased_at;
      DROP TRIGGER orders_go ON orders;
      DROP TRIGGER orders_leave_customer ON orders;
      DROP FUNCTION note_former_customer, customer_hash;
      DROP TABLE former_customer;
      DROP INDEX client_file_of_client, orders_of_customer;
      DROP TABLE erasure_order, erasure;
    `);
  }
}
