import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ReportFiles1732200000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every file that an attempt may have put into the store, noted before it is put there. No foreign key: a file
      -- outlives its job's row, and is deleted then.
      CREATE TABLE report_file (
        job_id uuid NOT NULL,
        attempt integer NOT NULL,
        noted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (job_id, attempt)
      );
      INSERT INTO report_file (job_id, attempt)
        SELECT id, attempt FROM job WHERE type = 'orders.report' AND state = 'COMPLETED';

      -- Keys that all processes share and that nobody has to configure.
      CREATE TABLE shared_key (
        name text PRIMARY KEY,
        key bytea NOT NULL CHECK (length(key) = 32)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE shared_key, report_file');
  }
}
