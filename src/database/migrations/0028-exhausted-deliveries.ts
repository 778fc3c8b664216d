import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

/** Deliveries that are given up become events. */
export class ExhaustedDeliveries1795651200028 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Deliveries that were given up and have not become events yet, as they were then.
      CREATE TABLE exhausted_delivery (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        client_id uuid NOT NULL,
        delivery_id uuid NOT NULL,
        attempts integer NOT NULL,
        -- Of the last attempt; null of one that was never tried.
        failure text,
        exhausted_at timestamptz NOT NULL
      );
      CREATE FUNCTION note_exhausted_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO exhausted_delivery (client_id, delivery_id, attempts, failure, exhausted_at)
            VALUES (NEW.client_id, NEW.id, NEW.attempt, NEW.failure, NEW.finished_at);
          RETURN NULL;
        END $$;
      -- Not what ends because its endpoint is gone or was removed, or its event erased: there may be millions.
      CREATE TRIGGER to_publish AFTER UPDATE ON delivery FOR EACH ROW
        WHEN (NEW.state = 'EXHAUSTED' AND OLD.state IN ('PENDING', 'DELIVERING') AND NEW.destination_id IS NOT NULL
          AND (NEW.failure IS NULL OR (NEW.failure NOT IN ('endpoint_removed', 'erased')
            AND (NEW.failure <> 'gone' OR NEW.endpoint_id IS NULL))))
        EXECUTE FUNCTION note_exhausted_delivery();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER to_publish ON delivery;
      DROP FUNCTION note_exhausted_delivery;
    `);
    await dropEmpty(runner, ['exhausted_delivery']);
  }
}
