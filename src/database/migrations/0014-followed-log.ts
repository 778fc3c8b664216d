import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who follows the log of all jobs asks for what a transaction wrote.
 *
 * Nobody can write an event while the index is built, which is why jobs are neither accepted, started nor ended then: some
 * seconds for each ten million events. Reads go on.
 */
export class FollowedLog1795651200014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX job_event_of_transaction ON job_event (transaction_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX job_event_of_transaction');
  }
}
