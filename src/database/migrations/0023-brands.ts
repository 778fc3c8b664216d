import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Brands1795651200023 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- How a client's reports are dressed. A client without a row has plain ones.
      CREATE TABLE brand (
        client_id uuid PRIMARY KEY REFERENCES client ON DELETE CASCADE,
        name text,
        -- Line by line.
        address text[] NOT NULL,
        accent_color text CHECK (accent_color ~ '^#[0-9a-f]{6}$'),
        footer text
      );

      CREATE TABLE brand_logo (
        client_id uuid PRIMARY KEY REFERENCES client ON DELETE CASCADE,
        media_type text NOT NULL CHECK (media_type IN ('image/svg+xml', 'image/png')),
        -- As it was cleaned, never as it was sent.
        content bytea NOT NULL CHECK (length(content) <= 409600),
        -- In units of its own: what counts is their ratio.
        width double precision NOT NULL CHECK (width > 0),
        height double precision NOT NULL CHECK (height > 0)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropEmpty(runner, ['brand_logo', 'brand']);
  }
}
