import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Clients make keys of their own. */
export class OwnKeys1795651200026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The key of the same client that made it. It may be gone before this one.
      ALTER TABLE api_key ADD issued_by uuid;
      -- The good ones of a client are a range at its end, however many have ended.
      CREATE INDEX api_key_good ON api_key (client_id, (coalesce(expires_at, 'infinity'))) WHERE revoked_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX api_key_good;
      ALTER TABLE api_key DROP issued_by;
    `);
  }
}
