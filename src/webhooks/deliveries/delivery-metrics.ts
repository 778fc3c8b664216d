import { Injectable } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import { FleetGauges } from '../../database/fleet-gauges';
import type { DeliveryOutcome } from './delivery-attempt.service';
import { DUE } from './destination';
import { CIRCUIT_OPENS_AFTER } from './retry-policy';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A scrape must not read what grows: more is not counted. */
const MOST = 100_000;
const counted = (rows: string): string =>
  `(SELECT count(*)::int FROM (SELECT ${rows} LIMIT ${MOST}) counted)`;

const BACKLOG = `
  SELECT 'waiting' AS label, ${counted(`FROM delivery WHERE state = 'PENDING'`)} AS value
  UNION ALL SELECT 'delivering', ${counted(`FROM delivery WHERE state = 'DELIVERING'`)}`;
const MAY_BE_DUE = 't.next_due_at <= now()';
const OVERDUE = `SELECT ${counted(
  `FROM webhook_destination t CROSS JOIN LATERAL (${DUE}) due WHERE ${MAY_BE_DUE}`,
)} AS value`;
const OLDEST = `
  SELECT greatest(0, coalesce(extract(epoch FROM now() - min(due_at)), 0))::float8 AS value FROM (
    SELECT first.due_at FROM webhook_destination t CROSS JOIN LATERAL (
      SELECT due_at FROM delivery WHERE state = 'PENDING' AND destination_id = t.id ORDER BY epoch, due_at LIMIT 1
    ) first WHERE ${MAY_BE_DUE} LIMIT ${MOST}
  ) read`;
const EVENTS = `SELECT ${counted('FROM webhook_outbox')} + ${counted('FROM exhausted_delivery')} AS value`;
const SET_ASIDE = `SELECT ${counted('FROM webhook_dead_letter')} AS value`;
const DESTINATIONS = `
  SELECT 'circuit_open' AS label, ${counted(
    `FROM webhook_destination WHERE failing_since IS NOT NULL AND failures >= ${CIRCUIT_OPENS_AFTER}`,
  )} AS value
  UNION ALL
  SELECT 'disabled_' || reason, ${counted('FROM webhook_destination WHERE disabled_reason = reason')}
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
      `Deliveries that are due and not under way; at most ${MOST} are counted.`,
      OVERDUE,
    );
    gauge(
      'webhook_deliveries_oldest_due_seconds',
      `How long the delivery has been due that waits longest; at most ${MOST} destinations are read.`,
      OLDEST,
    );
    gauge(
      'webhook_events_waiting',
      `Ends of jobs and of deliveries that have not become events with deliveries yet; at most ${MOST} of each are counted.`,
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
