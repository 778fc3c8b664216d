import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An import may fail for its rows, or because what was sent is no such file. */
export class ImportFailures1795651200019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE order_import_failure
        ADD COLUMN code text NOT NULL DEFAULT 'invalid_csv' CHECK (code IN ('invalid_file', 'invalid_csv'))
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE order_import_failure DROP COLUMN code');
  }
}
