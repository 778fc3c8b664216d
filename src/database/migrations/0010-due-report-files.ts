import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which files are to be looked at is read from an index: the sweep's cost is what is due, not what is kept. */
export class DueReportFiles1795651200010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Not before this is a file perhaps unwanted: its attempt is still at work, or its report is kept.
      ALTER TABLE report_file ADD COLUMN due_at timestamptz NOT NULL DEFAULT now() + interval '2 hours';
      CREATE INDEX report_file_due ON report_file (due_at);
      DROP INDEX job_expiring;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX job_expiring ON job (expires_at) WHERE expires_at IS NOT NULL;
      ALTER TABLE report_file DROP COLUMN due_at;
    `);
  }
}
