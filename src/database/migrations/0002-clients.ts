import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Clients1795651200002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE client (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
        created_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE api_key (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
        -- SHA-256 of the key. A key has at least 128 random bits, so a slow hash would add nothing.
        hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
        prefix text NOT NULL,
        scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
        -- Issued by a start for the variable that it is named after: a new value of the variable replaces it.
        configured boolean NOT NULL DEFAULT false,
        expires_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX api_key_client ON api_key (client_id, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropEmpty(runner, ['api_key', 'client']);
  }
}
