import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeysAndAudit1732200000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Issued by a start for the variable that it is named after: a new value of the variable replaces it.
      ALTER TABLE api_key ADD COLUMN configured boolean NOT NULL DEFAULT false;
      -- Starts left no trail until now; what has one was issued by somebody, whatever its name.
      UPDATE api_key k SET configured = true
      WHERE k.name IN ('ADMIN_API_KEY', 'DEMO_API_KEY')
        AND NOT EXISTS (
          SELECT FROM audit_entry a WHERE a.client_id = k.client_id
            AND (a.action = 'key.issued' AND a.key_id = k.id
              OR a.action = 'key.rotated' AND a.details->>'new_key_id' = k.id::text));

      -- What a start does comes from no client, key or request.
      ALTER TABLE audit_entry
        ADD COLUMN actor_type text NOT NULL DEFAULT 'key',
        ALTER COLUMN actor_client_id DROP NOT NULL,
        ALTER COLUMN actor_key_id DROP NOT NULL,
        ALTER COLUMN request_id DROP NOT NULL,
        -- Not valid: the entries that are there have all three, and are many.
        ADD CONSTRAINT audit_entry_actor CHECK (CASE actor_type
          WHEN 'key' THEN actor_client_id IS NOT NULL AND actor_key_id IS NOT NULL AND request_id IS NOT NULL
          WHEN 'start' THEN actor_client_id IS NULL AND actor_key_id IS NULL AND request_id IS NULL
          ELSE false END) NOT VALID;

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

  /** Fails while there are entries of starts: they have no place in the schema before. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER audit_entry_is_kept ON audit_entry;
      DROP TRIGGER audit_entry_is_not_truncated ON audit_entry;
      DROP FUNCTION keep_audit_entries();
      DROP FUNCTION audit_retention();
      ALTER TABLE audit_entry
        DROP CONSTRAINT audit_entry_actor,
        DROP COLUMN actor_type,
        ALTER COLUMN actor_client_id SET NOT NULL,
        ALTER COLUMN actor_key_id SET NOT NULL,
        ALTER COLUMN request_id SET NOT NULL;
      ALTER TABLE api_key DROP COLUMN configured;
    `);
  }
}
