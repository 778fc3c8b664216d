import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Endpoints have headers of their own. */
export class EndpointHeaders1795651200025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE webhook_endpoint
        -- Their values may be secrets: a JSON object of names and values, sealed.
        ADD COLUMN headers bytea,
        ADD COLUMN header_names text[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT headers_with_names CHECK ((headers IS NULL) = (header_names = '{}'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('LOCK TABLE webhook_endpoint IN ACCESS EXCLUSIVE MODE');
    const rows = (await runner.query(
      'SELECT FROM webhook_endpoint WHERE headers IS NOT NULL LIMIT 1',
    )) as unknown[];
    if (rows.length > 0) throw new Error('Not reverted: the headers of endpoints would be lost.');
    await runner.query('ALTER TABLE webhook_endpoint DROP COLUMN headers, DROP COLUMN header_names');
  }
}
