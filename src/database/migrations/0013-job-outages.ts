import type { MigrationInterface, QueryRunner } from 'typeorm';

export class JobOutages1732200000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE job
        -- Attempts in a row that an outage ended.
        ADD COLUMN outages smallint NOT NULL DEFAULT 0,
        -- How far outages have moved its deadline on, and until when they are counted in that.
        ADD COLUMN outage_seconds double precision NOT NULL DEFAULT 0,
        ADD COLUMN outage_counted_until timestamptz;

      -- When any process last saw what all of them depend on: a row for each.
      CREATE TABLE dependency (
        name text PRIMARY KEY CHECK (name IN ('database', 'store')),
        seen_at timestamptz NOT NULL
      );

      -- The times at which nobody saw it, and what is left to do about them.
      CREATE TABLE outage (
        dependency text NOT NULL REFERENCES dependency,
        began_at timestamptz NOT NULL,
        ended_at timestamptz NOT NULL CHECK (ended_at > began_at),
        -- Whether a process lived through it and saw it fail. If not, it may be that nothing ran.
        survived boolean NOT NULL,
        -- Whether every unfinished job's deadline has been moved on.
        settled boolean NOT NULL DEFAULT false,
        PRIMARY KEY (dependency, began_at)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE outage, dependency;
      ALTER TABLE job DROP COLUMN outages, DROP COLUMN outage_seconds, DROP COLUMN outage_counted_until;
    `);
  }
}
