import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Claims go from client to client, and a fleet reads its gauges once. */
export class FairOrder1795651200016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- It had an entry for each job that ever started, to find the last one of each client.
      DROP INDEX job_turns;
      -- What one process has read for the metrics of all.
      CREATE TABLE gauge_reading (
        name text PRIMARY KEY,
        values jsonb,
        read_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE gauge_reading;
      CREATE INDEX job_turns ON job (client_id, started_at) WHERE started_at IS NOT NULL;
    `);
  }
}
