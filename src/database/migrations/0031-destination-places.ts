import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Claims and repairs go around the destinations that may have something due, a part at a time: many have the same time, so
 * a place among them needs their id.
 */
export class DestinationPlaces1795651200031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX webhook_destination_due;
      CREATE INDEX webhook_destination_due ON webhook_destination ((greatest(next_due_at, paused_until)), id);
      DROP INDEX webhook_destination_next_due;
      CREATE INDEX webhook_destination_next_due ON webhook_destination (next_due_at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX webhook_destination_due;
      CREATE INDEX webhook_destination_due ON webhook_destination ((greatest(next_due_at, paused_until)));
      DROP INDEX webhook_destination_next_due;
      CREATE INDEX webhook_destination_next_due ON webhook_destination (next_due_at);
    `);
  }
}
