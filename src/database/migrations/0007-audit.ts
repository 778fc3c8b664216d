import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Audit1795651200007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Who did what to clients and keys. It outlives both, so it refers to nothing.
      CREATE TABLE audit_entry (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        actor_type text NOT NULL DEFAULT 'key',
        actor_client_id uuid,
        actor_key_id uuid,
        request_id text,
        action text NOT NULL,
        client_id uuid NOT NULL,
        key_id uuid,
        details jsonb NOT NULL DEFAULT '{}',
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        -- What a start does comes from no client, key or request.
        CONSTRAINT audit_entry_actor CHECK (CASE actor_type
          WHEN 'key' THEN actor_client_id IS NOT NULL AND actor_key_id IS NOT NULL AND request_id IS NOT NULL
          WHEN 'start' THEN actor_client_id IS NULL AND actor_key_id IS NULL AND request_id IS NULL
          ELSE false END)
      );
      CREATE INDEX audit_entry_of_client ON audit_entry (client_id, id);

      -- How long an entry is kept at least. Replace this function to change it.
      CREATE FUNCTION audit_retention() RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT interval '400 days'
      $$;
      CREATE FUNCTION keep_audit_entries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
        BEGIN
          IF TG_OP = 'DELETE' AND OLD.occurred_at < now() - audit_retention() THEN
            RETURN OLD;
          END IF;
          RAISE EXCEPTION 'The audit trail is append-only, and kept for %: % of % is refused.',
            audit_retention(), TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
        END
      $$;
      CREATE TRIGGER audit_entry_is_kept BEFORE UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION keep_audit_entries();
      CREATE TRIGGER audit_entry_is_not_truncated BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_entries();
      -- Also in sessions that say session_replication_role = replica.
      ALTER TABLE audit_entry
        ENABLE ALWAYS TRIGGER audit_entry_is_kept,
        ENABLE ALWAYS TRIGGER audit_entry_is_not_truncated;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropEmpty(runner, ['audit_entry']);
    await runner.query('DROP FUNCTION keep_audit_entries, audit_retention');
  }
}
