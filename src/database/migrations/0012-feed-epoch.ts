import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FeedEpoch1732200000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What is added to the number of a transaction to place its events in the feed: more than 0 after a restore into a
      -- cluster whose transactions have lower numbers.
      CREATE TABLE feed_epoch (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        number_offset bigint NOT NULL DEFAULT 0 CHECK (number_offset >= 0)
      );
      INSERT INTO feed_epoch DEFAULT VALUES;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE feed_epoch');
  }
}
