import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Orders1795651200004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE orders (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        number text NOT NULL CHECK (length(number) BETWEEN 1 AND 100),
        ordered_at timestamptz NOT NULL,
        status text NOT NULL
          CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded')),
        -- ISO 4217; the list of codes changes, so the application checks it.
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        customer_name text NOT NULL CHECK (length(customer_name) BETWEEN 1 AND 200),
        customer_reference text CHECK (length(customer_reference) BETWEEN 1 AND 100),
        -- The exact sum of the lines, and their number: an order is written once, with all its lines.
        total numeric(19, 4) NOT NULL,
        line_count integer NOT NULL CHECK (line_count > 0),
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT orders_number_of_client UNIQUE (client_id, number)
      );
      -- "This client's orders in this period", in the order in which a report prints them.
      CREATE INDEX orders_in_report_order ON orders (client_id, ordered_at, number);

      CREATE TABLE order_line (
        order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
        position integer NOT NULL CHECK (position > 0),
        sku text NOT NULL CHECK (length(sku) BETWEEN 1 AND 100),
        description text NOT NULL CHECK (length(description) BETWEEN 1 AND 500),
        quantity numeric(19, 4) NOT NULL CHECK (quantity > 0),
        unit_price numeric(19, 4) NOT NULL,
        total numeric(19, 4) NOT NULL,
        PRIMARY KEY (order_id, position)
      );

      -- What was wrong with a file that was not imported.
      CREATE TABLE order_import_failure (
        job_id uuid PRIMARY KEY REFERENCES job ON DELETE CASCADE,
        error_count integer NOT NULL CHECK (error_count > 0),
        -- The first of them: [{"row", "field", "message"}].
        errors jsonb NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropEmpty(runner, ['order_import_failure', 'order_line', 'orders']);
  }
}
