import { Injectable, Logger } from '@nestjs/common';
import { EntityManager } from 'typeorm';
import { AppConfig } from '../../config/app-config';
import { prepared } from '../../database/prepared';
import { CallbackFailure } from '../egress/callback-failure';
import { publishEndpointRecovered, publishEndpointState } from './endpoint-events';
import { ENDPOINT_RECOVERED } from './event-types';
import type { DeliveryOutcome } from './delivery-attempt.service';
import { parseDestination, RECOVER } from './destination';
import { CIRCUIT_OPENS_AFTER, GIVE_UP_SLACK_MS, pauseAfter } from './retry-policy';

interface Destination {
  id: string;
  client_id: string;
  endpoint_id: string | null;
  address: string;
  max_concurrency: number;
  concurrency: number;
  failures: number;
  failing_since: Date | null;
  disabled_reason: 'owner' | 'gone' | 'failing' | null;
}

/** Of a destination: whether a success would change it. */
export const IS_UNHEALTHY = `failures > 0 OR concurrency < max_concurrency
  OR disabled_reason IS NOT NULL OR failing_since IS NOT NULL`;

/** Those with a failure, and those that were not in good health before. */
const TO_LEARN = prepared(
  'destinations_to_learn',
  `
    SELECT id, client_id, endpoint_id, address, max_concurrency, concurrency, failures, failing_since,
      disabled_reason
    FROM webhook_destination
    WHERE id = ANY($1::uuid[]) AND (id = ANY($2::uuid[]) OR ${IS_UNHEALTHY})
    ORDER BY id FOR NO KEY UPDATE`,
);

/**
 * Learns from outcomes how each destination is: opens its circuit, slows it down, disables it, and lets it recover. A
 * healthy destination that goes on working costs no write.
 */
@Injectable()
export class DestinationHealth {
  private readonly logger = new Logger(DestinationHealth.name);

  constructor(private readonly config: AppConfig) {}

  /** In the transaction that stores the outcomes. */
  async learn(manager: EntityManager, outcomes: DeliveryOutcome[]): Promise<void> {
    const concluded = outcomes.filter(({ answer }) => answer.failure !== CallbackFailure.Interrupted);
    const byDestination = new Map<string, DeliveryOutcome[]>();
    for (const outcome of concluded) {
      const id = outcome.delivery.destination_id;
      const known = byDestination.get(id);
      if (known) known.push(outcome);
      else byDestination.set(id, [outcome]);
    }
    const rows = await manager.query<Destination[]>(TO_LEARN, [
      [...byDestination.keys()],
      concluded
        .filter(({ answer }) => answer.failure !== null)
        .map(({ delivery }) => delivery.destination_id),
    ]);
    for (const row of rows) {
      const outcomes = (byDestination.get(row.id) ?? []).filter(({ delivery }) => isOf(row, delivery.url));
      if (outcomes.length > 0) await this.apply(manager, row, outcomes);
    }
  }

  private async apply(manager: EntityManager, row: Destination, outcomes: DeliveryOutcome[]): Promise<void> {
    const was = { ...row };
    let [pauseMs, restMs] = [0, 0];
    for (const { answer, retryAfter } of outcomes) {
      if (answer.failure === null) {
        row.failures = 0;
        row.failing_since = null;
        row.concurrency = Math.min(row.max_concurrency, row.concurrency + 1);
        if (row.disabled_reason === 'failing') row.disabled_reason = null;
        [pauseMs, restMs] = [0, 0];
        continue;
      }
      row.failures += 1;
      row.failing_since ??= new Date();
      if (answer.failure === CallbackFailure.Gone && row.endpoint_id !== null) row.disabled_reason ??= 'gone';
      if (answer.failure === CallbackFailure.Throttled)
        row.concurrency = Math.max(1, Math.floor(row.concurrency / 2));
      if (this.hasFailedForTooLong(row)) row.disabled_reason ??= 'failing';
      const pause = pauseAfter(answer.failure, row.failures, retryAfter, row.disabled_reason === 'failing');
      pauseMs = Math.max(pauseMs, pause);
      if (answer.failure === CallbackFailure.Throttled) restMs = Math.max(restMs, retryAfter ?? 0);
    }
    const recovered = was.failures >= CIRCUIT_OPENS_AFTER && row.failures === 0;
    await this.save(manager, row, pauseMs, restMs);
    if (recovered) await manager.query(`UPDATE webhook_destination SET ${RECOVER} WHERE id = $1`, [row.id]);
    if (row.disabled_reason !== was.disabled_reason) await this.publish(manager, row);
    if (recovered && was.failing_since !== null && outcomes.some(showsRecovery))
      await publishEndpointRecovered(manager, row, was.failing_since, this.config.callbackRetrySchedule);
  }

  private hasFailedForTooLong({ failing_since, failures }: Destination): boolean {
    return (
      failing_since !== null &&
      failures >= CIRCUIT_OPENS_AFTER &&
      Date.now() - failing_since.getTime() >= this.config.callbackDisableAfterMs
    );
  }

  /**
   * @param pauseMs for which it gets nothing
   * @param restMs for which the receiver asked: what waits there must outlive that
   */
  private async save(
    manager: EntityManager,
    row: Destination,
    pauseMs: number,
    restMs: number,
  ): Promise<void> {
    await manager.query(
      `UPDATE webhook_destination SET concurrency = $2, failures = $3, failing_since = $4, disabled_reason = $5,
         disabled_at = CASE WHEN $5::text IS NOT NULL THEN coalesce(disabled_at, now()) END,
         paused_until = CASE WHEN $6::float8 > 0 THEN greatest(paused_until, now() + make_interval(secs => $6 / 1000))
           WHEN $3 = 0 THEN least(paused_until, now()) ELSE paused_until END,
         keep_until = CASE WHEN $7::float8 > ${GIVE_UP_SLACK_MS}
           THEN greatest(keep_until, now() + make_interval(secs => ($7 + ${GIVE_UP_SLACK_MS}) / 1000)) ELSE keep_until END
       WHERE id = $1`,
      [row.id, row.concurrency, row.failures, row.failing_since, row.disabled_reason, pauseMs, restMs],
    );
  }

  private async publish(manager: EntityManager, row: Destination): Promise<void> {
    if (row.disabled_reason !== null) {
      this.logger.warn(
        `Callbacks to ${nameOf(row)} of client ${row.client_id} are disabled: ${row.disabled_reason}.`,
      );
    } else {
      this.logger.log(`Callbacks to ${nameOf(row)} of client ${row.client_id} work again.`);
    }
    await publishEndpointState(manager, row, this.config.callbackRetrySchedule);
  }
}

/**
 * What another's recovery brought about is no event of its own: endpoints that hardly work would go on notifying each other
 * of nothing else.
 */
const showsRecovery = ({ delivery, answer }: DeliveryOutcome): boolean =>
  answer.failure === null && delivery.event_type !== ENDPOINT_RECOVERED;

/** An endpoint may have got another URL since: what the old one did is no fault of the new one. */
const isOf = ({ address }: Destination, url: string): boolean => parseDestination(url).address === address;

/** For the log: a path may be a secret. */
const nameOf = ({ address, endpoint_id }: Destination): string =>
  `${new URL(address).origin}${endpoint_id === null ? '' : ` (endpoint ${endpoint_id})`}`;
