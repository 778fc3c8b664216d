import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class IdsAndSharedKeys1795651200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- UUIDv7, for rows that statements make by themselves (Postgres has its own only from 18 on).
      CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
        SELECT encode(
          set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
              PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid
      $$;

      -- Keys that all processes share and that nobody has to configure.
      CREATE TABLE shared_key (
        name text PRIMARY KEY,
        key bytea NOT NULL CHECK (length(key) = 32)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropEmpty(runner, ['shared_key']);
    await runner.query('DROP FUNCTION uuid_v7()');
  }
}
