import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CallbacksReviewed1732200000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_endpoint
        -- Why the last challenge did not verify it; null once one has.
        ADD COLUMN verification_failure text,
        -- The last challenge that its owner asked for.
        ADD COLUMN challenge_asked_at timestamptz;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_endpoint DROP COLUMN verification_failure, DROP COLUMN challenge_asked_at;
    `);
  }
}
