import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Destinations that have nothing due are not looked at by claims, however many of them wait for a later attempt. */
export class NextDue1795651200017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Nothing that waits for it is due before. What makes something due lowers it; a claim that finds nothing raises it.
      ALTER TABLE webhook_destination ADD COLUMN next_due_at timestamptz NOT NULL DEFAULT now();
      CREATE INDEX webhook_destination_due ON webhook_destination ((greatest(next_due_at, paused_until)))
        WHERE disabled_reason IS NULL OR disabled_reason = 'failing';

      -- Whoever raises it holds the row for update: either sees what the other did.
      CREATE FUNCTION lower_next_due() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM FROM changed WHERE state = 'PENDING' LIMIT 1;
          IF NOT FOUND THEN RETURN NULL; END IF;
          PERFORM FROM webhook_destination WHERE id IN (SELECT destination_id FROM changed WHERE state = 'PENDING')
            ORDER BY id FOR KEY SHARE;
          WITH due AS (
            SELECT destination_id AS id, min(due_at) AS at FROM changed WHERE state = 'PENDING' GROUP BY destination_id
          ), late AS (
            SELECT id, due.at FROM webhook_destination t JOIN due USING (id) WHERE t.next_due_at > due.at
            ORDER BY id FOR NO KEY UPDATE OF t
          )
          UPDATE webhook_destination t SET next_due_at = least(t.next_due_at, late.at) FROM late WHERE t.id = late.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER lower_next_due_of_new AFTER INSERT ON delivery REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION lower_next_due();
      CREATE TRIGGER lower_next_due AFTER UPDATE ON delivery REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION lower_next_due();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER lower_next_due ON delivery;
      DROP TRIGGER lower_next_due_of_new ON delivery;
      DROP FUNCTION lower_next_due;
      ALTER TABLE webhook_destination DROP COLUMN next_due_at;
    `);
  }
}
