import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropEmpty } from './drop-empty';

export class Jobs1795651200003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job (
        id uuid PRIMARY KEY,
        client_id uuid NOT NULL REFERENCES client ON DELETE CASCADE,
        type text NOT NULL,
        state text NOT NULL DEFAULT 'PENDING'
          CHECK (state IN ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED')),

        -- What was asked, as the caller sees it (method, path, body; json keeps their order), and what the handler gets.
        request json NOT NULL,
        parameters jsonb NOT NULL,
        callback_url text,
        idempotency_key text,
        idempotency_hash bytea,

        -- The fencing token: every change by a worker names the attempt that it was given.
        attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        failures smallint NOT NULL DEFAULT 0,
        crashes smallint NOT NULL DEFAULT 0,
        -- Attempts in a row that an outage ended.
        outages smallint NOT NULL DEFAULT 0,
        max_failures smallint NOT NULL CHECK (max_failures > 0),
        max_crashes smallint NOT NULL CHECK (max_crashes > 0),
        -- Counts an operator's retries: each round has its own one terminal event.
        round smallint NOT NULL DEFAULT 0,

        steps text[] NOT NULL,
        -- How many steps are done.
        step smallint NOT NULL DEFAULT 0,
        progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
        -- The amount of work (rows, for one), once it is known: the ETA is learnt by it.
        size bigint,

        result jsonb,
        error jsonb,

        run_at timestamptz NOT NULL DEFAULT now(),
        deadline_at timestamptz NOT NULL,
        -- How far outages have moved the deadline on, and until when they are counted in that.
        outage_seconds double precision NOT NULL DEFAULT 0,
        outage_counted_until timestamptz,
        -- What was estimated when the job was accepted, so that the estimate's own error can be measured.
        estimated_end_at timestamptz,
        lease_owner text,
        lease_until timestamptz,
        cancel_requested_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz,
        expires_at timestamptz,

        CONSTRAINT leased_exactly_in_progress CHECK ((state = 'IN_PROGRESS') = (lease_owner IS NOT NULL)
          AND (lease_owner IS NULL) = (lease_until IS NULL)),
        CONSTRAINT finished_exactly_terminal CHECK ((state IN ('COMPLETED', 'FAILED', 'CANCELLED')) = (finished_at IS NOT NULL)),
        CONSTRAINT completed_has_result CHECK ((state = 'COMPLETED') = (result IS NOT NULL)),
        CONSTRAINT failed_has_error CHECK (state <> 'FAILED' OR error IS NOT NULL),
        CONSTRAINT completed_was_not_cancelled CHECK (state <> 'COMPLETED' OR cancel_requested_at IS NULL),
        CONSTRAINT idempotency_is_whole CHECK ((idempotency_key IS NULL) = (idempotency_hash IS NULL))
      );
      CREATE UNIQUE INDEX job_idempotency ON job (client_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX job_idempotency_age ON job (created_at) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX job_pending ON job (client_id, run_at, id) WHERE state = 'PENDING';
      CREATE INDEX job_pending_deadline ON job (deadline_at) WHERE state = 'PENDING';
      CREATE INDEX job_leased ON job (lease_until) WHERE state = 'IN_PROGRESS';
      -- The quota of jobs in flight counts them.
      CREATE INDEX job_in_flight ON job (client_id) WHERE state IN ('PENDING', 'IN_PROGRESS');
      -- The client whose last job began longest ago comes first.
      CREATE INDEX job_turns ON job (client_id, started_at) WHERE started_at IS NOT NULL;
      CREATE INDEX job_list ON job (client_id, id);
      CREATE INDEX job_list_by_type ON job (client_id, type, id);
      CREATE INDEX job_finished ON job (type, finished_at) WHERE state = 'COMPLETED';
      CREATE INDEX job_expiring ON job (expires_at) WHERE expires_at IS NOT NULL;

      -- The append-only history, written in the transaction of the change that it is about.
      CREATE TABLE job_event (
        id uuid PRIMARY KEY DEFAULT uuid_v7(),
        position bigint GENERATED ALWAYS AS IDENTITY,
        -- A reader in order must not pass a transaction that is still open: see docs/adr.
        transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
        job_id uuid NOT NULL REFERENCES job ON DELETE CASCADE,
        client_id uuid NOT NULL,
        type text NOT NULL,
        round smallint NOT NULL,
        attempt integer NOT NULL,
        terminal boolean NOT NULL DEFAULT false,
        data jsonb NOT NULL DEFAULT '{}',
        occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      CREATE UNIQUE INDEX job_event_one_terminal ON job_event (job_id, round) WHERE terminal;
      CREATE INDEX job_event_of_job ON job_event (job_id, position);
      CREATE INDEX job_event_of_client ON job_event (client_id, transaction_id, position);

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
    await dropEmpty(runner, ['outage', 'dependency', 'job_event', 'job']);
  }
}
