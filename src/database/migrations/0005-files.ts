import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Files1795651200005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The sum of a client's files, so that asking for it does not depend on how many there are.
      CREATE TABLE client_storage (
        client_id uuid PRIMARY KEY REFERENCES client ON DELETE CASCADE,
        bytes bigint NOT NULL
      );

      -- What is counted in it: a file that is in the store, or room that is taken for one.
      CREATE TABLE client_file (
        key text PRIMARY KEY,
        client_id uuid NOT NULL,
        bytes bigint NOT NULL,
        -- The job that a file was sent for; it is not there before all of the file is.
        upload_of uuid,
        noted_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX client_file_uploads ON client_file (noted_at) WHERE upload_of IS NOT NULL;

      -- Every file that an attempt may have put into the store, noted before it is put there. No foreign key: a file
      -- outlives its job's row, and is deleted then.
      CREATE TABLE report_file (
        job_id uuid NOT NULL,
        attempt integer NOT NULL,
        noted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (job_id, attempt)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropEmpty(runner, ['report_file', 'client_file', 'client_storage']);
  }
}
