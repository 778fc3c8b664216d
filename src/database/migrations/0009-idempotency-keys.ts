import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Idempotency keys in a table of their own: the end of one rewrites no job. */
export class IdempotencyKeys1795651200009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      LOCK TABLE job IN ACCESS EXCLUSIVE MODE;
      CREATE TABLE idempotency_key (
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        key text NOT NULL,
        -- SHA-256 of the request.
        hash bytea NOT NULL,
        -- No reference: a key is gone long before its job, and looks that up by its id.
        job_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (client_id, key)
      );
      INSERT INTO idempotency_key (client_id, key, hash, job_id, created_at)
        SELECT client_id, idempotency_key, idempotency_hash, id, created_at FROM job WHERE idempotency_key IS NOT NULL;
      CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
      ALTER TABLE job DROP COLUMN idempotency_key, DROP COLUMN idempotency_hash;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      LOCK TABLE job, idempotency_key IN ACCESS EXCLUSIVE MODE;
      ALTER TABLE job ADD COLUMN idempotency_key text, ADD COLUMN idempotency_hash bytea;
      UPDATE job SET idempotency_key = k.key, idempotency_hash = k.hash FROM idempotency_key k WHERE k.job_id = job.id;
      ALTER TABLE job
        ADD CONSTRAINT idempotency_is_whole CHECK ((idempotency_key IS NULL) = (idempotency_hash IS NULL));
      CREATE UNIQUE INDEX job_idempotency ON job (client_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX job_idempotency_age ON job (created_at) WHERE idempotency_key IS NOT NULL;
      DROP TABLE idempotency_key;
    `);
  }
}
