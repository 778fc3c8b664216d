import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { arrayOf } from '../../database/array-literal';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import { CallbackFailure } from '../egress/callback-failure';
import { DeliveryMetrics } from './delivery-metrics';
import { GIVE_UP_SLACK_MS } from './retry-policy';
import type { Outcome } from './delivery-outcome';
import { DestinationHealth, IS_UNHEALTHY } from './destination-health';

/**
 * Stores how attempts ended. Each outcome names the attempt that it belongs to: one whose lease ran out and that was
 * given to another worker changes nothing any more.
 */
@Injectable()
export class DeliveryOutcomes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly health: DestinationHealth,
    private readonly metrics: DeliveryMetrics,
  ) {}

  /** @param take what there is when the transaction has begun */
  async store(take: () => Outcome[]): Promise<void> {
    // An outcome that a crash of the database forgets leaves its lease to run out, and the receiver gets the same
    // event again, as it must expect anyway: no need to wait for the disk.
    const valid = await lookUpTransaction(this.dataSource, false, async (manager) => {
      const outcomes = take();
      const changed = await changeDeliveries(manager, outcomes);
      const kept = new Set(changed.map(({ id }) => id));
      const current = outcomes.filter(({ delivery }) => kept.has(delivery.id));
      const nothingNew =
        changed.every(({ healthy }) => healthy) && current.every(({ answer }) => answer.failure === null);
      if (!nothingNew) await this.health.learn(manager, current);
      return current;
    });
    this.metrics.observe(valid);
  }
}

const STORE = prepared(
  'store_delivery_outcomes',
  `
    -- Held first of all: one that is removed meanwhile is removed before, or finds these outcomes.
    WITH held AS MATERIALIZED (
      SELECT NOT (${IS_UNHEALTHY}) AS healthy FROM webhook_destination WHERE id = ANY($12::uuid[])
      ORDER BY id FOR KEY SHARE
    ), outcome AS MATERIALIZED (
      SELECT client_id, id, attempt, failure, failure IS DISTINCT FROM '${CallbackFailure.Interrupted}' AS told, status, address,
        timings, detail, response, to_timestamp(started_at / 1000) AS started_at,
        to_timestamp(next_attempt_at / 1000) AS next_attempt_at
      FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::float8[], $6::float8[], $7::smallint[], $8::text[],
        $9::jsonb[], $10::text[], $11::text[])
        AS o(client_id, id, attempt, failure, next_attempt_at, started_at, status, address, timings, detail, response)
    ), changed AS (
      UPDATE delivery d SET lease_owner = NULL, lease_until = NULL, failure = o.failure,
        failures = d.failures + (o.failure IS NOT NULL AND told)::int,
        state = CASE WHEN o.failure IS NULL THEN 'DELIVERED'
          WHEN o.next_attempt_at IS NULL OR d.destination_id IS NULL THEN 'EXHAUSTED' ELSE 'PENDING' END,
        due_at = coalesce(o.next_attempt_at, d.due_at),
        -- A receiver that asks for more time gets the attempt after it.
        give_up_at = greatest(d.give_up_at, o.next_attempt_at + interval '${GIVE_UP_SLACK_MS} ms'),
        finished_at = CASE WHEN o.next_attempt_at IS NULL OR d.destination_id IS NULL THEN now() END
      FROM outcome o
      -- Delivering, said so that no index but that of the id fits.
      WHERE d.client_id = o.client_id AND d.id = o.id AND d.attempt = o.attempt AND d.lease_owner IS NOT NULL
        -- True, and first of all.
        AND (SELECT count(*) FROM held) >= 0
      RETURNING o.*
    ), written AS (
      INSERT INTO delivery_attempt (delivery_id, attempt, started_at, outcome, status, address, timings, detail,
        response, next_attempt_at)
      SELECT id, attempt, started_at, coalesce(failure, 'delivered'), status, address, timings, detail, response,
        next_attempt_at
      FROM changed
      RETURNING delivery_id
    )
    SELECT delivery_id AS id, coalesce((SELECT bool_and(healthy) FROM held), true) AS healthy FROM written`,
);

/** @returns those whose attempt was still current, and whether all of their destinations are in good health */
function changeDeliveries(
  manager: EntityManager,
  outcomes: Outcome[],
): Promise<{ id: string; healthy: boolean }[]> {
  return manager.query(STORE, [
    arrayOf(outcomes.map(({ delivery }) => delivery.client_id)),
    arrayOf(outcomes.map(({ delivery }) => delivery.id)),
    arrayOf(outcomes.map(({ delivery }) => delivery.attempt)),
    arrayOf(outcomes.map(({ answer }) => answer.failure)),
    arrayOf(outcomes.map(({ nextAttemptAt }) => nextAttemptAt?.getTime() ?? null)),
    arrayOf(outcomes.map(({ startedAt }) => startedAt.getTime())),
    arrayOf(outcomes.map(({ answer }) => answer.status)),
    outcomes.map(({ answer }) => answer.address),
    outcomes.map(({ answer }) => JSON.stringify(answer.timings)),
    outcomes.map(({ answer }) => answer.detail),
    outcomes.map(({ answer }) => answer.response),
    arrayOf([...new Set(outcomes.map(({ delivery }) => delivery.destination_id))]),
  ]);
}
