import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { CallbackFailure } from '../egress/callback-failure';
import type { Outcome } from './delivery-outcome';
import { DestinationHealth } from './destination-health';

/**
 * Stores how attempts ended. Each outcome names the attempt that it belongs to: one whose lease ran out and that was
 * given to another worker changes nothing any more.
 */
@Injectable()
export class DeliveryOutcomes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly health: DestinationHealth,
  ) {}

  async store(outcomes: Outcome[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const kept = new Set(await changeDeliveries(manager, outcomes));
      const valid = outcomes.filter(({ delivery }) => kept.has(delivery.id));
      await this.health.learn(manager, valid);
    });
  }
}

/** @returns the ids of those whose attempt was still current */
async function changeDeliveries(manager: EntityManager, outcomes: Outcome[]): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `WITH outcome AS (
       SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::boolean[], $5::timestamptz[], $6::timestamptz[],
         $7::smallint[], $8::text[], $9::jsonb[], $10::text[], $11::text[])
         AS o(id, attempt, failure, counts, next_attempt_at, started_at, status, address, timings, detail, response)
     ), locked AS (
       SELECT d.id FROM delivery d JOIN outcome o USING (id) ORDER BY d.id FOR NO KEY UPDATE OF d
     ), changed AS (
       UPDATE delivery d SET lease_owner = NULL, lease_until = NULL, failure = o.failure,
         failures = d.failures + o.counts::int,
         state = CASE WHEN o.failure IS NULL THEN 'DELIVERED'
           WHEN o.next_attempt_at IS NULL OR d.destination_id IS NULL THEN 'EXHAUSTED' ELSE 'PENDING' END,
         due_at = coalesce(o.next_attempt_at, d.due_at),
         finished_at = CASE WHEN o.next_attempt_at IS NULL OR d.destination_id IS NULL THEN now() END
       FROM outcome o, locked l
       WHERE d.id = l.id AND d.id = o.id AND d.attempt = o.attempt AND d.state = 'DELIVERING'
       RETURNING d.id, d.attempt
     )
     INSERT INTO delivery_attempt (delivery_id, attempt, started_at, outcome, status, address, timings, detail, response,
       next_attempt_at)
     SELECT o.id, o.attempt, o.started_at, coalesce(o.failure, 'delivered'), o.status, o.address, o.timings, o.detail,
       o.response, o.next_attempt_at
     FROM outcome o JOIN changed c ON c.id = o.id AND c.attempt = o.attempt
     -- An outcome that a crash of the database forgets leaves its lease to run out, and the receiver gets the same event
     -- again, as it must expect anyway: no need to wait for the disk.
     RETURNING delivery_id AS id, set_config('synchronous_commit', 'off', true)`,
    [
      outcomes.map(({ delivery }) => delivery.id),
      outcomes.map(({ delivery }) => delivery.attempt),
      outcomes.map(({ answer }) => answer.failure),
      outcomes.map(({ answer }) => answer.failure !== null && answer.failure !== CallbackFailure.Interrupted),
      outcomes.map(({ nextAttemptAt }) => nextAttemptAt),
      outcomes.map(({ startedAt }) => startedAt),
      outcomes.map(({ answer }) => answer.status),
      outcomes.map(({ answer }) => answer.address),
      outcomes.map(({ answer }) => JSON.stringify(answer.timings)),
      outcomes.map(({ answer }) => answer.detail),
      outcomes.map(({ answer }) => answer.response),
    ],
  );
  return rows.map(({ id }) => id);
}
