import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ClientsAdmin1732200000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Who did what to clients and keys. It outlives both, so it refers to nothing.
      CREATE TABLE audit_entry (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        actor_client_id uuid NOT NULL,
        actor_key_id uuid NOT NULL,
        action text NOT NULL,
        client_id uuid NOT NULL,
        key_id uuid,
        details jsonb NOT NULL DEFAULT '{}',
        request_id text NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX audit_entry_of_client ON audit_entry (client_id, id);

      -- The quota of jobs in flight counts them.
      CREATE INDEX job_in_flight ON job (client_id) WHERE state IN ('PENDING', 'IN_PROGRESS');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX job_in_flight; DROP TABLE audit_entry');
  }
}
