import { Injectable } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import { FleetGauges } from '../database/fleet-gauges';
import type { JobEnd } from './job-sql';
import { JobSignals } from './job-signals';
import { JobState } from './job';
import { JobTypeRegistry } from './job-type.registry';

/** A scrape must not read what grows. */
const MOST_COUNTED = 100_000;
const PENDING = `FROM job WHERE state = 'PENDING'`;
const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];

/**
 * The engine's metrics: the queue as it stands in Postgres (absent while that is away), and what this process has seen
 * end.
 */
@Injectable()
export class JobMetrics {
  private readonly ended: Counter<'type' | 'state'>;
  private readonly total: Histogram<'type' | 'state'>;
  private readonly run: Histogram<'type' | 'state'>;
  private readonly etaError: Histogram<'type'>;

  constructor(registry: Registry, signals: JobSignals, gauges: FleetGauges, types: JobTypeRegistry) {
    const registers = [registry];
    gauges.add({
      name: 'jobs_unfinished',
      help: `Jobs in the database that have not ended, by state; at most ${MOST_COUNTED} of each are counted.`,
      label: 'state',
      sql: `SELECT 'PENDING' AS label, (SELECT count(*)::int FROM (SELECT ${PENDING} LIMIT ${MOST_COUNTED}) counted) AS value
        UNION ALL
        SELECT 'IN_PROGRESS', (SELECT count(*)::int FROM (
          SELECT FROM job WHERE state = 'IN_PROGRESS' LIMIT ${MOST_COUNTED}) counted)`,
    });
    gauges.add({
      name: 'jobs_oldest_due_seconds',
      help: `How long the job has been due that waits longest for a worker of ours; at most ${MOST_COUNTED} are read.`,
      sql: `SELECT coalesce(extract(epoch FROM now() - min(run_at)), 0)::float8 AS value FROM (
          SELECT run_at ${PENDING} AND run_at <= now() AND type = ANY($1) LIMIT ${MOST_COUNTED}) due`,
      parameters: () => [types.names],
    });
    this.ended = new Counter({
      name: 'jobs_ended_total',
      help: 'Jobs whose end this process wrote.',
      labelNames: ['type', 'state'],
      registers,
    });
    this.total = new Histogram({
      name: 'job_total_seconds',
      help: 'From acceptance to the end.',
      labelNames: ['type', 'state'],
      buckets: SECONDS,
      registers,
    });
    this.run = new Histogram({
      name: 'job_run_seconds',
      help: 'From the first start to the end.',
      labelNames: ['type', 'state'],
      buckets: SECONDS,
      registers,
    });
    this.etaError = new Histogram({
      name: 'job_eta_error_seconds',
      help: 'How far the estimate at acceptance was from the real end of a completed job, either way.',
      labelNames: ['type'],
      buckets: SECONDS,
      registers,
    });
    signals.ended.subscribe((ends) => ends.forEach((end) => this.observe(end)));
  }

  private observe({ type, state, total_seconds, run_seconds, late_seconds }: JobEnd): void {
    this.ended.inc({ type, state });
    this.total.observe({ type, state }, total_seconds);
    if (run_seconds !== null) this.run.observe({ type, state }, run_seconds);
    if (state === JobState.Completed && late_seconds !== null) {
      this.etaError.observe({ type }, Math.abs(late_seconds));
    }
  }
}
