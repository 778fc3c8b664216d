import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Deliveries are made again by jobs, and events that came late are found by their time.
 *
 * Nobody can write an event to the feed while the index is built: it reads all of them once, and holds hardly any.
 */
export class Resends1795651200027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The job that had it made again last: one that is tried again after a crash knows by it how far it was.
      ALTER TABLE delivery ADD COLUMN resend_id uuid;
      -- All others stand in the feed where their time is.
      CREATE INDEX webhook_message_late ON webhook_message (client_id, occurred_at)
        WHERE created_at - occurred_at > interval '1 minute';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX webhook_message_late;
      ALTER TABLE delivery DROP COLUMN resend_id;
    `);
  }
}
