import type { MigrationInterface, QueryRunner } from 'typeorm';

export class JobEstimates1732200000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What was estimated when the job was accepted, so that the estimate's own error can be measured.
      ALTER TABLE job ADD COLUMN estimated_end_at timestamptz;
      CREATE INDEX job_idempotency_age ON job (created_at) WHERE idempotency_key IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX job_idempotency_age;
      ALTER TABLE job DROP COLUMN estimated_end_at;
    `);
  }
}
