import { Injectable, Logger } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import { DataSource, EntityManager } from 'typeorm';
import { Batcher } from '../../common/batcher';
import { isDataAtFault } from '../../database/database-errors';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import { CallbackFailure } from '../egress/callback-failure';
import { DeliveryMetrics } from './delivery-metrics';
import { GIVE_UP_SLACK_MS } from './retry-policy';
import type { DeliveryOutcome } from './delivery-attempt.service';
import { DestinationHealth, IS_UNHEALTHY } from './destination-health';

/** Outcomes of one statement. */
const BATCH = 256;
/** How often a database that is away is tried again: about as often as a worker polls it. */
const RETRY_MS = 500;

/**
 * Stores how attempts ended, those that end together in one statement. Each outcome names the attempt that it belongs
 * to: one whose lease ran out and that was given to another worker changes nothing any more.
 */
@Injectable()
export class DeliveryOutcomes {
  private readonly logger = new Logger(DeliveryOutcomes.name);
  private readonly batcher = new Batcher<DeliveryOutcome, undefined>((outcomes) => this.store(outcomes), {
    lanes: 1,
    most: BATCH,
    mayBeOfOne: isDataAtFault,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly health: DestinationHealth,
    private readonly metrics: DeliveryMetrics,
  ) {}

  /**
   * Resolves when the outcome is stored, or given up. While the database is away it is tried again until the lease ends,
   * when another worker may make the attempt anew. Where the receiver's words cannot be stored, the rest is.
   *
   * @param leaseEnd in milliseconds since 1970
   */
  async write(outcome: DeliveryOutcome, leaseEnd: number): Promise<void> {
    let given = outcome;
    for (;;) {
      try {
        await this.batcher.run(given);
        return;
      } catch (error) {
        const attempt = `attempt ${outcome.delivery.attempt} of delivery ${outcome.delivery.id}`;
        if (isDataAtFault(error)) {
          if (given !== outcome) {
            this.logger.error(
              `The outcome of ${attempt} cannot be stored; it is made again when its lease ends: ${String(error)}`,
            );
            return;
          }
          this.logger.warn(`The outcome of ${attempt} is stored without its answer: ${String(error)}`);
          given = withoutAnswer(outcome);
        } else if (Date.now() >= leaseEnd) {
          this.logger.warn(
            `The outcome of ${attempt} was not stored before its lease ended; it is made again: ${String(error)}`,
          );
          return;
        } else await setTimeout(RETRY_MS);
      }
    }
  }

  private async store(outcomes: DeliveryOutcome[]): Promise<undefined[]> {
    // An outcome that a crash of the database forgets leaves its lease to run out, and the receiver gets the same
    // event again, as it must expect anyway: no need to wait for the disk.
    const current = await lookUpTransaction(this.dataSource, false, async (manager) => {
      const failing = outcomes.filter(({ answer }) => answer.failure !== null);
      if (failing.length > 0) await manager.query(HOLD_DESTINATIONS, [destinationsOf(outcomes)]);
      const changed = await changeDeliveries(manager, outcomes);
      const kept = new Set(changed.map(({ id }) => id));
      const current = outcomes.filter(({ delivery }) => kept.has(delivery.id));
      const nothingNew =
        changed.every(({ healthy }) => healthy) && current.every(({ answer }) => answer.failure === null);
      if (!nothingNew) await this.health.learn(manager, current);
      return current;
    });
    this.metrics.observe(current);
    return outcomes.map(() => undefined);
  }
}

/** Only what we ourselves made of the answer. */
const withoutAnswer = (outcome: DeliveryOutcome): DeliveryOutcome => ({
  ...outcome,
  answer: { ...outcome.answer, address: null, timings: { total: 0 }, detail: null, response: null },
});

const STORE = prepared(
  'store_delivery_outcomes',
  `
    -- Held first of all: one that is removed meanwhile is removed before, or finds these outcomes.
    WITH held AS MATERIALIZED (
      SELECT NOT (${IS_UNHEALTHY}) AS healthy FROM webhook_destination WHERE id = ANY($12::uuid[])
      ORDER BY id FOR KEY SHARE
    ), outcome AS MATERIALIZED (
      SELECT client_id, id, attempt, failure, failure IS DISTINCT FROM '${CallbackFailure.Interrupted}' AS conclusive, status, address,
        timings, detail, response, started_at, now() + make_interval(secs => next_in_ms / 1000) AS next_attempt_at
      FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::float8[], $6::timestamptz[], $7::smallint[], $8::text[],
        $9::jsonb[], $10::text[], $11::text[])
        AS o(client_id, id, attempt, failure, next_in_ms, started_at, status, address, timings, detail, response)
    ), changed AS (
      UPDATE delivery d SET lease_owner = NULL, lease_until = NULL, failure = o.failure,
        failures = d.failures + (o.failure IS NOT NULL AND conclusive)::int,
        state = CASE WHEN o.failure IS NULL THEN 'DELIVERED'
          WHEN o.next_attempt_at IS NULL OR d.destination_id IS NULL THEN 'EXHAUSTED' ELSE 'PENDING' END,
        due_at = coalesce(o.next_attempt_at, d.due_at),
        epoch = coalesce((SELECT t.epoch FROM webhook_destination t WHERE t.id = d.destination_id), d.epoch),
        -- A receiver that asks for more time gets the attempt after it.
        give_up_at = greatest(d.give_up_at, o.next_attempt_at + interval '${GIVE_UP_SLACK_MS} ms'),
        finished_at = CASE WHEN o.next_attempt_at IS NULL OR d.destination_id IS NULL THEN now() END
      FROM outcome o
      -- That is, state = 'DELIVERING'; written so that the planner can use no index but that of the id.
      WHERE d.client_id = o.client_id AND d.id = o.id AND d.attempt = o.attempt AND d.lease_owner IS NOT NULL
        -- Always true: it makes Postgres take the locks of held before it changes a row.
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
  outcomes: DeliveryOutcome[],
): Promise<{ id: string; healthy: boolean }[]> {
  return manager.query(STORE, [
    outcomes.map(({ delivery }) => delivery.client_id),
    outcomes.map(({ delivery }) => delivery.id),
    outcomes.map(({ delivery }) => delivery.attempt),
    outcomes.map(({ answer }) => answer.failure),
    outcomes.map(({ nextAttemptIn }) => nextAttemptIn),
    outcomes.map(({ startedAt }) => startedAt),
    outcomes.map(({ answer }) => answer.status),
    outcomes.map(({ answer }) => answer.address),
    outcomes.map(({ answer }) => JSON.stringify(answer.timings)),
    outcomes.map(({ answer }) => answer.detail),
    outcomes.map(({ answer }) => answer.response),
    destinationsOf(outcomes),
  ]);
}

const destinationsOf = (outcomes: DeliveryOutcome[]): string[] => [
  ...new Set(outcomes.map(({ delivery }) => delivery.destination_id)),
];

/** All that may be written, in one order: by what is scheduled anew, which is due sooner than the rest, and by what is learnt. */
const HOLD_DESTINATIONS = `SELECT FROM webhook_destination WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
