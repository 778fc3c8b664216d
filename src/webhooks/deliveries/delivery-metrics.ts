import { Injectable } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import { FleetGauges } from '../../database/fleet-gauges';
import type { DeliveryOutcome } from './delivery-attempt.service';
import { WAITING } from './destination';
import { CIRCUIT_OPENS_AFTER } from './retry-policy';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A scrape must not read what grows: more is not counted, of a destination or in all. */
const MOST_OF_ONE = 10_000;
const MOST = 100_000;
const counted = (rows: string, most = MOST): string =>
  `(SELECT count(*)::int FROM (SELECT ${rows} LIMIT ${most}) counted)`;

const BACKLOG = `
  SELECT 'waiting' AS label, ${counted(`FROM delivery WHERE state = 'PENDING'`)} AS value
  UNION ALL SELECT 'delivering', ${counted(`FROM delivery WHERE state = 'DELIVERING'`)}`;
const OF_DESTINATION = `FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = w.destination_id`;
const OVERDUE = `
  WITH RECURSIVE ${WAITING}
  SELECT least(coalesce(sum(
    ${counted(`${OF_DESTINATION} AND d.epoch < t.epoch`, MOST_OF_ONE)}
    + ${counted(`${OF_DESTINATION} AND d.epoch = t.epoch AND d.due_at <= now()`, MOST_OF_ONE)}), 0), ${MOST})::int AS value
  FROM waiting w JOIN webhook_destination t ON t.id = w.destination_id`;
const OLDEST = `
  WITH RECURSIVE ${WAITING}
  SELECT greatest(0, coalesce(extract(epoch FROM now() - min(due_at)), 0))::float8 AS value FROM waiting`;
const EVENTS = `SELECT ${counted('FROM webhook_outbox')} AS value`;
const SET_ASIDE = 'SELECT count(*)::int AS value FROM webhook_dead_letter';
const DESTINATIONS = `
  SELECT 'circuit_open' AS label, count(*)::int AS value FROM webhook_destination
  WHERE failing_since IS NOT NULL AND failures >= ${CIRCUIT_OPENS_AFTER}
  UNION ALL
  SELECT 'disabled_' || reason, (SELECT count(*)::int FROM webhook_destination WHERE disabled_reason = reason)
  FROM unnest(ARRAY['failing', 'gone', 'owner']) AS reason`;

/**
 * The metrics of deliveries: the attempts that this process made, and the backlog and the destinations as they stand in
 * Postgres (absent while that is away). No label names an endpoint or a client: there may be any number of them.
 */
@Injectable()
export class DeliveryMetrics {
  private readonly attempts: Counter<'outcome'>;
  private readonly seconds: Histogram<'outcome'>;

  constructor(registry: Registry, gauges: FleetGauges) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'webhook_attempts_total',
      help: 'Attempts whose outcome this process stored: delivered, or the class of the failure.',
      labelNames: ['outcome'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'webhook_attempt_seconds',
      help: 'From the look-up of the name to the end of the answer.',
      labelNames: ['outcome'],
      buckets: SECONDS,
      registers,
    });
    const gauge = (name: string, help: string, sql: string, label?: string): void =>
      gauges.add({ name, help, sql, ...(label !== undefined && { label }) });
    gauge(
      'webhook_deliveries_unfinished',
      `Deliveries that have not ended: waiting (due or not), or delivering; at most ${MOST} are counted.`,
      BACKLOG,
      'state',
    );
    gauge(
      'webhook_deliveries_overdue',
      `Deliveries that are due and not under way; at most ${MOST_OF_ONE} of a destination are counted, twice that of one that has recovered, and ${MOST} in all.`,
      OVERDUE,
    );
    gauge(
      'webhook_deliveries_oldest_due_seconds',
      'How long the delivery has been due that waits longest.',
      OLDEST,
    );
    gauge(
      'webhook_events_waiting',
      `Terminal events that have not become deliveries yet; at most ${MOST} are counted.`,
      EVENTS,
    );
    gauge(
      'webhook_events_set_aside',
      'Terminal events that could not become messages, in webhook_dead_letter: somebody has to look.',
      SET_ASIDE,
    );
    gauge(
      'webhook_destinations',
      'Destinations by what is wrong with them: circuit_open, or disabled_* and why.',
      DESTINATIONS,
      'condition',
    );
  }

  observe(outcomes: readonly DeliveryOutcome[]): void {
    for (const { answer } of outcomes) {
      this.attempts.inc({ outcome: answer.failure ?? 'delivered' });
      this.seconds.observe(
        { outcome: answer.failure === null ? 'delivered' : 'failed' },
        answer.timings.total / 1_000,
      );
    }
  }

  /** Attempts of workers that stopped. */
  observeInterrupted(count: number): void {
    this.attempts.inc({ outcome: 'interrupted' }, count);
  }
}
