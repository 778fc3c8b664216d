import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ReportFormats1795651200022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Which files an attempt makes; those of before there were several formats have one whose name says none.
      ALTER TABLE report_file ADD COLUMN formats text[] NOT NULL DEFAULT '{}';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const files = (await runner.query(`SELECT FROM report_file WHERE formats <> '{}' LIMIT 1`)) as unknown[];
    if (files.length > 0) throw new Error('There are files of reports that an older version would not find.');
    await runner.query('ALTER TABLE report_file DROP COLUMN formats');
  }
}
