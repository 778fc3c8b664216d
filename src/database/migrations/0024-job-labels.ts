import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What callers call their jobs by. */
export class JobLabels1795651200024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- As JSON: in the order in which it was given.
      ALTER TABLE job ADD COLUMN metadata json NOT NULL DEFAULT '{}';
      ALTER TABLE job ADD COLUMN tags text[] NOT NULL DEFAULT '{}';

      -- For the lists: a row for each tag of a job, with what they filter by. It follows the job, whoever changes that.
      CREATE TABLE job_tag (
        client_id uuid NOT NULL,
        tag text NOT NULL,
        state text NOT NULL,
        type text NOT NULL,
        job_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (client_id, tag, state, type, job_id)
      );
      ALTER TABLE job_tag SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
      CREATE FUNCTION follow_job_tags() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP <> 'INSERT' THEN
            DELETE FROM job_tag WHERE client_id = OLD.client_id AND tag = ANY(OLD.tags) AND state = OLD.state
              AND type = OLD.type AND job_id = OLD.id;
          END IF;
          IF TG_OP <> 'DELETE' THEN
            INSERT INTO job_tag (client_id, tag, state, type, job_id, created_at)
              SELECT NEW.client_id, tag, NEW.state, NEW.type, NEW.id, NEW.created_at FROM unnest(NEW.tags) AS tag;
          END IF;
          RETURN NULL;
        END $$;
      -- Jobs without tags, and the heartbeats of all, cost nothing by it.
      CREATE TRIGGER tags_come AFTER INSERT ON job FOR EACH ROW WHEN (NEW.tags <> '{}')
        EXECUTE FUNCTION follow_job_tags();
      CREATE TRIGGER tags_change AFTER UPDATE OF state, tags ON job FOR EACH ROW
        WHEN ((OLD.tags <> '{}' OR NEW.tags <> '{}') AND (OLD.state, OLD.tags) IS DISTINCT FROM (NEW.state, NEW.tags))
        EXECUTE FUNCTION follow_job_tags();
      CREATE TRIGGER tags_go AFTER DELETE ON job FOR EACH ROW WHEN (OLD.tags <> '{}')
        EXECUTE FUNCTION follow_job_tags();

      -- Which events an endpoint gets: those of jobs with one of the tags; of all jobs where it has none.
      ALTER TABLE webhook_endpoint ADD COLUMN tags text[] NOT NULL DEFAULT '{}';

      -- What is there is shorter, so it need not be read.
      ALTER TABLE webhook_message DROP CONSTRAINT webhook_message_body_check;
      ALTER TABLE webhook_message ADD CONSTRAINT webhook_message_body_check CHECK (length(body) <= 27000) NOT VALID;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE job, webhook_endpoint, webhook_message IN ACCESS EXCLUSIVE MODE');
    const labelled = (await runner.query(
      `SELECT FROM job WHERE tags <> '{}' OR metadata::text <> '{}'
       UNION ALL SELECT FROM webhook_endpoint WHERE tags <> '{}'
       UNION ALL SELECT FROM webhook_message WHERE length(body) > 20000
       LIMIT 1`,
    )) as unknown[];
    if (labelled.length > 0) throw new Error('Not reverted: metadata and tags would be lost.');
    await runner.query(`
      ALTER TABLE webhook_message DROP CONSTRAINT webhook_message_body_check;
      ALTER TABLE webhook_message ADD CONSTRAINT webhook_message_body_check CHECK (length(body) <= 20000) NOT VALID;
      ALTER TABLE webhook_endpoint DROP COLUMN tags;
      DROP TRIGGER tags_go ON job;
      DROP TRIGGER tags_change ON job;
      DROP TRIGGER tags_come ON job;
      DROP FUNCTION follow_job_tags;
      DROP TABLE job_tag;
      ALTER TABLE job DROP COLUMN tags, DROP COLUMN metadata;
    `);
  }
}
