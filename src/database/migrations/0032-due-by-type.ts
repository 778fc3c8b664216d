import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Workers find what is due of the types that they take, whatever waits of others: of a client, and of all.
 *
 * No job can be accepted, started or ended while the indexes are built, which reads the table twice: 1 s for each million
 * jobs that are kept, 4 s from the disk. Reads go on.
 */
export class DueByType1795651200032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX job_pending;
      CREATE INDEX job_pending ON job (client_id, type, run_at, id) WHERE state = 'PENDING';
      CREATE INDEX job_due ON job (type, run_at) WHERE state = 'PENDING';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX job_due;
      DROP INDEX job_pending;
      CREATE INDEX job_pending ON job (client_id, run_at, id) WHERE state = 'PENDING';
    `);
  }
}
