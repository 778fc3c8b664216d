import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The id of the HTTP request that submitted a job: log lines about the job have it. */
export class JobRequestId1795651200008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job ADD COLUMN request_id text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE job IN ACCESS EXCLUSIVE MODE');
    const rows = (await runner.query('SELECT FROM job WHERE request_id IS NOT NULL LIMIT 1')) as unknown[];
    if (rows.length > 0) throw new Error('Not reverted: the request ids of jobs would be lost.');
    await runner.query('ALTER TABLE job DROP COLUMN request_id');
  }
}
