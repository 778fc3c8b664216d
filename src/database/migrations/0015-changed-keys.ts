import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Processes keep good keys until they read here that one changed. Whoever changes a key, by whatever statement, notes it. */
export class ChangedKeys1795651200015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_key_change (
        hash bytea NOT NULL,
        -- Readers ask for what was not committed when they read before.
        transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
        changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX api_key_change_transaction ON api_key_change (transaction_id);
      CREATE INDEX api_key_change_age ON api_key_change (changed_at);

      -- What is an hour old was read by everybody who still goes by it.
      CREATE FUNCTION note_changed_keys() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO api_key_change (hash) SELECT hash FROM changed;
          DELETE FROM api_key_change WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM api_key_change WHERE changed_at < now() - interval '1 hour'
            ORDER BY changed_at LIMIT 1000 FOR UPDATE SKIP LOCKED));
          RETURN NULL;
        END $$;
      CREATE TRIGGER api_key_updated AFTER UPDATE ON api_key
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changed_keys();
      CREATE TRIGGER api_key_deleted AFTER DELETE ON api_key
        REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changed_keys();

      CREATE FUNCTION note_renamed_client() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO api_key_change (hash) SELECT hash FROM api_key WHERE client_id = NEW.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER client_renamed AFTER UPDATE OF name ON client
        FOR EACH ROW EXECUTE FUNCTION note_renamed_client();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER client_renamed ON client;
      DROP TRIGGER api_key_deleted ON api_key;
      DROP TRIGGER api_key_updated ON api_key;
      DROP FUNCTION note_renamed_client, note_changed_keys;
      DROP TABLE api_key_change;
    `);
  }
}
