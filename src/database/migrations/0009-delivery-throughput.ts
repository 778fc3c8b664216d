import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a delivery costs the database. Foreign keys looked up and locked a row for every row that was inserted, though
 * the statement that inserts has just read it; now triggers remove what belonged to removed rows, many at a time. A row
 * of delivery changes its state twice, and writes into each of its indexes then: there are fewer of them. What is to be
 * fanned out is a small table of its own, instead of a mark on the event that rewrote the event and all its indexes.
 */
export class DeliveryThroughput1732200000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_outbox (
        position bigint PRIMARY KEY,
        event_id uuid NOT NULL
      );
      INSERT INTO webhook_outbox SELECT position, id FROM job_event WHERE terminal AND NOT fanned_out;
      ALTER TABLE job_event DROP COLUMN fanned_out;
      CREATE FUNCTION note_terminal_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO webhook_outbox VALUES (NEW.position, NEW.id);
          RETURN NULL;
        END $$;
      CREATE TRIGGER to_fan_out AFTER INSERT ON job_event FOR EACH ROW WHEN (NEW.terminal)
        EXECUTE FUNCTION note_terminal_event();

      ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_delivery_id_fkey;
      ALTER TABLE delivery
        DROP CONSTRAINT delivery_message_id_fkey,
        DROP CONSTRAINT delivery_destination_id_fkey,
        DROP CONSTRAINT delivery_pkey,
        ADD PRIMARY KEY (client_id, id),
        DROP CONSTRAINT one_delivery_per_url,
        ADD CONSTRAINT one_delivery_per_destination UNIQUE (message_id, destination_id);
      DROP INDEX delivery_list;
      ALTER TABLE webhook_message DROP CONSTRAINT webhook_message_client_id_fkey;
      -- For those who count them.
      CREATE INDEX webhook_destination_disabled ON webhook_destination (disabled_reason)
        WHERE disabled_reason IS NOT NULL;

      CREATE FUNCTION remove_messages_of_clients() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM webhook_message m USING gone WHERE m.client_id = gone.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER remove_messages AFTER DELETE ON client REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION remove_messages_of_clients();

      CREATE FUNCTION remove_deliveries_of_messages() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM delivery d USING gone WHERE d.message_id = gone.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER remove_deliveries AFTER DELETE ON webhook_message REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION remove_deliveries_of_messages();

      CREATE FUNCTION remove_attempts_of_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM delivery_attempt a USING gone WHERE a.delivery_id = gone.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER remove_attempts AFTER DELETE ON delivery REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION remove_attempts_of_deliveries();

      -- Those that have ended keep the id of what is gone: nothing looks for it any more.
      CREATE FUNCTION orphan_open_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'PENDING';
          UPDATE delivery d SET destination_id = NULL FROM gone
            WHERE d.destination_id = gone.id AND d.state = 'DELIVERING';
          RETURN NULL;
        END $$;
      CREATE TRIGGER orphan_deliveries AFTER DELETE ON webhook_destination REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION orphan_open_deliveries();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX webhook_destination_disabled;
      DROP TRIGGER orphan_deliveries ON webhook_destination;
      DROP TRIGGER remove_attempts ON delivery;
      DROP TRIGGER remove_deliveries ON webhook_message;
      DROP TRIGGER remove_messages ON client;
      DROP FUNCTION orphan_open_deliveries, remove_attempts_of_deliveries, remove_deliveries_of_messages,
        remove_messages_of_clients;
      ALTER TABLE webhook_message ADD CONSTRAINT webhook_message_client_id_fkey
        FOREIGN KEY (client_id) REFERENCES client ON DELETE CASCADE;
      CREATE INDEX delivery_list ON delivery (client_id, id);
      UPDATE delivery d SET destination_id = NULL
        WHERE NOT EXISTS (SELECT FROM webhook_destination t WHERE t.id = d.destination_id);
      ALTER TABLE delivery
        DROP CONSTRAINT one_delivery_per_destination,
        ADD CONSTRAINT one_delivery_per_url UNIQUE (message_id, url),
        DROP CONSTRAINT delivery_pkey,
        ADD PRIMARY KEY (id),
        ADD CONSTRAINT delivery_message_id_fkey FOREIGN KEY (message_id) REFERENCES webhook_message ON DELETE CASCADE,
        ADD CONSTRAINT delivery_destination_id_fkey
          FOREIGN KEY (destination_id) REFERENCES webhook_destination ON DELETE SET NULL;
      ALTER TABLE delivery_attempt ADD CONSTRAINT delivery_attempt_delivery_id_fkey
        FOREIGN KEY (delivery_id) REFERENCES delivery ON DELETE CASCADE;
      DROP TRIGGER to_fan_out ON job_event;
      DROP FUNCTION note_terminal_event;
      ALTER TABLE job_event ADD COLUMN fanned_out boolean NOT NULL DEFAULT true;
      ALTER TABLE job_event ALTER COLUMN fanned_out SET DEFAULT false;
      UPDATE job_event SET fanned_out = false WHERE id IN (SELECT event_id FROM webhook_outbox);
      CREATE INDEX job_event_to_fan_out ON job_event (position) WHERE terminal AND NOT fanned_out;
      DROP TABLE webhook_outbox;
    `);
  }
}
