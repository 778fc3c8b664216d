import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Webhooks1795651200006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_settings (
        client_id uuid PRIMARY KEY REFERENCES client ON DELETE CASCADE,
        -- Whether a callback_url that is no endpoint may be called, or only on the origin of a verified endpoint.
        unregistered_callbacks text NOT NULL DEFAULT 'allowed'
          CHECK (unregistered_callbacks IN ('allowed', 'verified_origins'))
      );

      CREATE TABLE webhook_endpoint (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        url text NOT NULL CHECK (length(url) <= 2048),
        description text NOT NULL DEFAULT '',
        event_types text[] NOT NULL CHECK (cardinality(event_types) > 0),
        signatures text[] NOT NULL CHECK (cardinality(signatures) > 0 AND signatures <@ ARRAY['v1', 'v1a']),
        verified_at timestamptz,
        -- Why the last challenge did not verify it; null once one has.
        verification_failure text,
        -- The last challenge that its owner asked for.
        challenge_asked_at timestamptz,
        -- PEM: whom to trust instead of the public authorities, and how we show who we are. The key is sealed.
        certificate_authority text,
        client_certificate text,
        client_key bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT webhook_endpoint_url UNIQUE (client_id, url),
        CONSTRAINT certificate_with_key CHECK ((client_certificate IS NULL) = (client_key IS NULL))
      );

      -- Of an endpoint, or of the client for URLs that are no endpoint. Sealed under a master key of the operator.
      CREATE TABLE webhook_secret (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        endpoint_id uuid REFERENCES webhook_endpoint ON DELETE CASCADE,
        scheme text NOT NULL CHECK (scheme IN ('v1', 'v1a')),
        sealed bytea NOT NULL,
        public_key bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        -- Set by a rotation: until then the old one signs as well.
        expires_at timestamptz,
        CONSTRAINT public_key_of_v1a CHECK ((scheme = 'v1a') = (public_key IS NOT NULL))
      );
      CREATE INDEX webhook_secret_of_endpoint ON webhook_secret (endpoint_id) WHERE endpoint_id IS NOT NULL;
      CREATE UNIQUE INDEX webhook_secret_current ON webhook_secret
        (client_id, coalesce(endpoint_id, client_id), scheme) WHERE expires_at IS NULL;

      -- The health of what is called: one for each endpoint, and for each client and URL (without query) that is none.
      CREATE TABLE webhook_destination (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        endpoint_id uuid UNIQUE REFERENCES webhook_endpoint ON DELETE CASCADE,
        address text NOT NULL,
        origin text NOT NULL,
        max_concurrency smallint NOT NULL CHECK (max_concurrency BETWEEN 1 AND 256),
        max_per_second integer NOT NULL CHECK (max_per_second BETWEEN 1 AND 10000),
        -- Falls to a half when the receiver asks for less, and grows back with each success.
        concurrency smallint NOT NULL,
        rate_until timestamptz NOT NULL DEFAULT now(),
        -- In a row; five open the circuit.
        failures integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        paused_until timestamptz NOT NULL DEFAULT now(),
        -- After a recovery: up to this delivery, one at a time and in order.
        draining_to bigint,
        disabled_reason text CHECK (disabled_reason IN ('owner', 'gone', 'failing')),
        disabled_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT disabled_for_a_reason CHECK ((disabled_reason IS NULL) = (disabled_at IS NULL)),
        CONSTRAINT concurrency_in_bounds CHECK (concurrency BETWEEN 1 AND max_concurrency)
      );
      CREATE UNIQUE INDEX webhook_destination_of_url ON webhook_destination (client_id, address)
        WHERE endpoint_id IS NULL;
      CREATE INDEX webhook_destination_failing ON webhook_destination (failing_since)
        WHERE failing_since IS NOT NULL;
      -- For those who count them.
      CREATE INDEX webhook_destination_disabled ON webhook_destination (disabled_reason)
        WHERE disabled_reason IS NOT NULL;

      -- Terminal events that are not fanned out yet. A small table of its own: a mark on the event would rewrite the event
      -- and all its indexes.
      CREATE TABLE webhook_outbox (
        position bigint PRIMARY KEY,
        event_id uuid NOT NULL
      );
      CREATE FUNCTION note_terminal_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO webhook_outbox VALUES (NEW.position, NEW.id);
          RETURN NULL;
        END $$;
      CREATE TRIGGER to_fan_out AFTER INSERT ON job_event FOR EACH ROW WHEN (NEW.terminal)
        EXECUTE FUNCTION note_terminal_event();

      -- Events that cannot be published, for operators to look at: one must not hold up the others.
      CREATE TABLE webhook_dead_letter (
        event_id uuid PRIMARY KEY,
        position bigint NOT NULL,
        error text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );

      -- What is added to the number of a transaction to place its events in the feed: more than 0 after a restore into a
      -- cluster whose transactions have lower numbers.
      CREATE TABLE feed_epoch (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        number_offset bigint NOT NULL DEFAULT 0 CHECK (number_offset >= 0)
      );
      INSERT INTO feed_epoch DEFAULT VALUES;

      -- From here on no foreign keys: each would look up and lock a row for every row that is inserted, though the statement
      -- that inserts has just read it. The triggers below remove what belonged to removed rows, many at a time.

      -- What is published: the id and the bytes of every attempt and of the event feed.
      CREATE TABLE webhook_message (
        id uuid PRIMARY KEY,
        -- By default only: numbered anew after a restore into a cluster whose transactions have lower numbers.
        position bigint GENERATED BY DEFAULT AS IDENTITY,
        transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
        client_id uuid NOT NULL,
        job_id uuid,
        type text NOT NULL,
        body bytea NOT NULL CHECK (length(body) <= 20000),
        occurred_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX webhook_message_feed ON webhook_message (client_id, transaction_id, position);
      CREATE INDEX webhook_message_age ON webhook_message (created_at);

      -- Each change of its state writes into each of its indexes: there are few of them.
      CREATE TABLE delivery (
        id uuid NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        message_id uuid NOT NULL,
        client_id uuid NOT NULL,
        -- Null once its endpoint was removed while it was open.
        destination_id uuid,
        endpoint_id uuid,
        url text NOT NULL,
        state text NOT NULL DEFAULT 'PENDING'
          CHECK (state IN ('PENDING', 'DELIVERING', 'DELIVERED', 'EXHAUSTED')),
        -- The fencing token: an outcome names the attempt that it belongs to.
        attempt integer NOT NULL DEFAULT 0,
        -- Counted against the schedule; an attempt that died with its worker is not.
        failures smallint NOT NULL DEFAULT 0,
        failure text,
        due_at timestamptz NOT NULL DEFAULT now(),
        -- Past this it ends EXHAUSTED even when a closed circuit kept it from being tried.
        give_up_at timestamptz NOT NULL,
        lease_owner text,
        lease_until timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        PRIMARY KEY (client_id, id),
        CONSTRAINT one_delivery_per_destination UNIQUE (message_id, destination_id),
        CONSTRAINT leased_exactly_while_delivering CHECK ((state = 'DELIVERING') = (lease_owner IS NOT NULL)
          AND (lease_owner IS NULL) = (lease_until IS NULL)),
        CONSTRAINT finished_exactly_at_the_end CHECK ((state IN ('DELIVERED', 'EXHAUSTED')) = (finished_at IS NOT NULL))
      );
      CREATE INDEX delivery_pending ON delivery (destination_id, due_at, position) WHERE state = 'PENDING';
      CREATE INDEX delivery_delivering ON delivery (destination_id, lease_until) WHERE state = 'DELIVERING';
      CREATE INDEX delivery_giving_up ON delivery (give_up_at) WHERE state = 'PENDING';

      CREATE TABLE delivery_attempt (
        delivery_id uuid NOT NULL,
        attempt integer NOT NULL,
        started_at timestamptz NOT NULL,
        -- delivered, or the class of the failure.
        outcome text NOT NULL,
        status smallint,
        address text,
        -- Milliseconds: dns, connect, tls, first_byte, total.
        timings jsonb NOT NULL,
        detail text,
        response text,
        next_attempt_at timestamptz,
        PRIMARY KEY (delivery_id, attempt)
      );

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
    // As it was made: nothing is lost with it.
    await runner.query('DELETE FROM feed_epoch WHERE number_offset = 0');
    await dropEmpty(runner, [
      'delivery_attempt',
      'delivery',
      'webhook_message',
      'feed_epoch',
      'webhook_dead_letter',
      'webhook_outbox',
      'webhook_destination',
      'webhook_secret',
      'webhook_endpoint',
      'webhook_settings',
    ]);
    await runner.query(`
      DROP TRIGGER remove_messages ON client;
      DROP TRIGGER to_fan_out ON job_event;
      DROP FUNCTION orphan_open_deliveries, remove_attempts_of_deliveries, remove_deliveries_of_messages,
        remove_messages_of_clients, note_terminal_event;
    `);
  }
}
