import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Metrics and repairs read the destinations that may have something due, or something to end, and no other. */
export class DueDestinations1795651200021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Whether it may be called or not.
      CREATE INDEX webhook_destination_next_due ON webhook_destination (next_due_at);
      -- Those that are disabled for good and that something may wait for are the beginning of a range of it.
      DROP INDEX webhook_destination_disabled;
      CREATE INDEX webhook_destination_disabled ON webhook_destination (disabled_reason, next_due_at)
        WHERE disabled_reason IS NOT NULL;

      -- Destinations that are gone while something waits for them: it is ended in batches. Nothing new comes to them.
      CREATE TABLE removed_destination (id uuid PRIMARY KEY);
      CREATE OR REPLACE FUNCTION orphan_open_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'DELIVERING';
          INSERT INTO removed_destination SELECT id FROM gone
            WHERE EXISTS (SELECT FROM delivery d WHERE d.destination_id = gone.id AND d.state = 'PENDING');
          RETURN NULL;
        END $$;
      INSERT INTO removed_destination
        SELECT DISTINCT destination_id FROM delivery d WHERE state = 'PENDING' AND destination_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM webhook_destination t WHERE t.id = d.destination_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION orphan_open_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'DELIVERING';
          RETURN NULL;
        END $$;
      DROP TABLE removed_destination;
      DROP INDEX webhook_destination_disabled;
      CREATE INDEX webhook_destination_disabled ON webhook_destination (disabled_reason)
        WHERE disabled_reason IS NOT NULL;
      DROP INDEX webhook_destination_next_due;
    `);
  }
}
