import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ClientStorage1732200000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The sum of a client's files, so that asking for it does not depend on how many there are.
      CREATE TABLE client_storage (
        client_id uuid PRIMARY KEY REFERENCES client ON DELETE CASCADE,
        bytes bigint NOT NULL
      );
      -- What is counted in it: a file that is in the store, or room that is taken for one. Files of before are not counted:
      -- they end with their retention.
      CREATE TABLE client_file (
        key text PRIMARY KEY,
        client_id uuid NOT NULL,
        bytes bigint NOT NULL,
        -- The job that a file was sent for; it is not there before all of the file is.
        upload_of uuid,
        noted_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX client_file_uploads ON client_file (noted_at) WHERE upload_of IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE client_file, client_storage');
  }
}
