import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A destination that recovers says so once, instead of in each of the deliveries that wait for it. */
export class Recovery1795651200013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_destination
        -- Counts its recoveries. What was scheduled before the last one is due.
        ADD COLUMN epoch integer NOT NULL DEFAULT 0,
        -- What waits for a destination that asked for a rest is not given up before.
        ADD COLUMN keep_until timestamptz,
        DROP COLUMN draining_to;
      -- The epoch of its destination in which it was scheduled.
      ALTER TABLE delivery ADD COLUMN epoch integer NOT NULL DEFAULT 0;
      DROP INDEX delivery_pending;
      CREATE INDEX delivery_pending ON delivery (destination_id, epoch, due_at, position) WHERE state = 'PENDING';
      -- In the order of the feed.
      CREATE INDEX delivery_waiting ON delivery (destination_id, epoch, position) WHERE state = 'PENDING';
      -- What waits for a removed destination is ended in batches; there may be millions.
      CREATE OR REPLACE FUNCTION orphan_open_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'DELIVERING';
          RETURN NULL;
        END $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      LOCK TABLE webhook_destination, delivery IN ACCESS EXCLUSIVE MODE;
      CREATE OR REPLACE FUNCTION orphan_open_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'PENDING';
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'DELIVERING';
          RETURN NULL;
        END $$;
      UPDATE delivery d SET due_at = now() FROM webhook_destination t
        WHERE t.id = d.destination_id AND d.state = 'PENDING' AND d.epoch < t.epoch;
      DROP INDEX delivery_waiting, delivery_pending;
      CREATE INDEX delivery_pending ON delivery (destination_id, due_at, position) WHERE state = 'PENDING';
      ALTER TABLE delivery DROP COLUMN epoch;
      ALTER TABLE webhook_destination DROP COLUMN epoch, DROP COLUMN keep_until, ADD COLUMN draining_to bigint;
    `);
  }
}
