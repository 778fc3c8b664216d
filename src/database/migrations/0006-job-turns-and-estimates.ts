import type { MigrationInterface, QueryRunner } from 'typeorm';

export class JobTurnsAndEstimates1732200000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What was estimated when the job was accepted, so that the estimate's own error can be measured.
      ALTER TABLE job ADD COLUMN estimated_end_at timestamptz;
      -- What Bull has is Bull's to know.
      ALTER TABLE job DROP COLUMN dispatched_at;
      -- Whose last turn is longest ago.
      CREATE INDEX job_turns ON job (client_id, started_at) WHERE started_at IS NOT NULL;
      CREATE INDEX job_idempotency_age ON job (created_at) WHERE idempotency_key IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX job_idempotency_age, job_turns;
      ALTER TABLE job ADD COLUMN dispatched_at timestamptz;
      ALTER TABLE job DROP COLUMN estimated_end_at;
    `);
  }
}
