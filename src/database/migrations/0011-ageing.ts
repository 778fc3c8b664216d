import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is old is found by its id, goes in batches, and is never read for the sake of what is new. */
export class Ageing1795651200011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The smallest UUIDv7 of a millisecond: rows whose ids are of that kind stand in the order of their making.
      CREATE FUNCTION first_uuid_v7(at timestamptz) RETURNS uuid LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
        SELECT encode(substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) || '\\x00000000000000000000', 'hex')::uuid
      $$;

      -- For how long rows of a kind are kept, and since when that has been said: nothing is removed for the first time, or
      -- earlier than before, without a day in which an operator can think otherwise.
      CREATE TABLE retention (
        kind text PRIMARY KEY,
        days integer NOT NULL CHECK (days > 0),
        said_at timestamptz NOT NULL DEFAULT now()
      );
      -- As it was.
      INSERT INTO retention VALUES ('webhook_message', 30, now() - interval '1 day');

      -- Its foreign key looked up and locked the job for each of its events, though the statement that writes an event has
      -- just changed the job; and a job's removal looked for them one job at a time.
      ALTER TABLE job_event DROP CONSTRAINT job_event_job_id_fkey;
      CREATE FUNCTION remove_events_of_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM job_event e USING gone WHERE e.job_id = gone.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER remove_events AFTER DELETE ON job REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION remove_events_of_jobs();
      -- Nothing reads it: the feed reads messages.
      DROP INDEX job_event_of_client;
      -- What is old is found by the id.
      DROP INDEX webhook_message_age;

      -- Destinations that are no endpoint and that nothing was sent to for long.
      ALTER TABLE webhook_destination ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();
      CREATE INDEX webhook_destination_unused ON webhook_destination (last_used_at) WHERE endpoint_id IS NULL;

      CREATE OR REPLACE FUNCTION audit_retention() RETURNS interval LANGUAGE sql STABLE AS $$
        SELECT make_interval(days => coalesce(
          (SELECT days FROM retention WHERE kind = 'audit_entry' AND said_at <= now() - interval '1 day'), 400))
      $$;
      ALTER FUNCTION audit_retention() SET search_path FROM CURRENT;

      -- Large tables are vacuumed after a hundredth has changed, not a fifth; small ones that change all the time keep room
      -- on their pages, so that a change needs no new entry in any index.
      ALTER TABLE job SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0.02);
      ALTER TABLE job_event SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      ALTER TABLE webhook_message SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      ALTER TABLE delivery SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0.02);
      ALTER TABLE delivery_attempt SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      ALTER TABLE idempotency_key SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
      ALTER TABLE webhook_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
      ALTER TABLE webhook_destination SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
      ALTER TABLE client_storage SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE client_storage RESET (fillfactor, autovacuum_vacuum_scale_factor);
      ALTER TABLE webhook_destination RESET (fillfactor, autovacuum_vacuum_scale_factor);
      ALTER TABLE webhook_outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
      ALTER TABLE idempotency_key RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
      ALTER TABLE delivery_attempt RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
      ALTER TABLE delivery RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
        autovacuum_analyze_scale_factor);
      ALTER TABLE webhook_message RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
      ALTER TABLE job_event RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
      ALTER TABLE job RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
        autovacuum_analyze_scale_factor);
      CREATE OR REPLACE FUNCTION audit_retention() RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT interval '400 days'
      $$;
      DROP INDEX webhook_destination_unused;
      ALTER TABLE webhook_destination DROP COLUMN last_used_at;
      CREATE INDEX webhook_message_age ON webhook_message (created_at);
      CREATE INDEX job_event_of_client ON job_event (client_id, transaction_id, position);
      DROP TRIGGER remove_events ON job;
      DROP FUNCTION remove_events_of_jobs;
      ALTER TABLE job_event ADD CONSTRAINT job_event_job_id_fkey FOREIGN KEY (job_id) REFERENCES job ON DELETE CASCADE;
      DROP TABLE retention;
      DROP FUNCTION first_uuid_v7;
    `);
  }
}
