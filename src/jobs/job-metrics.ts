import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import type { JobEnd } from './job-sql';
import { JobSignals } from './job-signals';
import { JobState } from './job';
import { waitingClients } from './fair-order';
import { JobTypeRegistry } from './job-type.registry';

const MOST_COUNTED = 100_000;
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

  constructor(
    registry: Registry,
    signals: JobSignals,
    private readonly dataSource: DataSource,
    private readonly types: JobTypeRegistry,
  ) {
    const registers = [registry];
    const unfinished: Gauge<'state'> = new Gauge({
      name: 'jobs_unfinished',
      help: `Jobs in the database that have not ended, by state; at most ${MOST_COUNTED} of each are counted.`,
      labelNames: ['state'],
      registers,
      collect: () => this.countUnfinished(unfinished).catch(() => unfinished.reset()),
    });
    const oldest: Gauge = new Gauge({
      name: 'jobs_oldest_due_seconds',
      help: 'How long the job has been due that waits longest for a worker of ours.',
      registers,
      collect: () => this.ageOldest(oldest).catch(() => oldest.reset()),
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

  /** A scrape must not read what grows. */
  private async countUnfinished(gauge: Gauge<'state'>): Promise<void> {
    const counted = (state: JobState): string =>
      `(SELECT count(*)::int FROM (SELECT FROM job WHERE state = '${state}' LIMIT ${MOST_COUNTED}) counted)`;
    const rows = await this.dataSource.query<{ pending: number; running: number }[]>(
      `SELECT ${counted(JobState.Pending)} AS pending, ${counted(JobState.InProgress)} AS running`,
    );
    gauge.set({ state: JobState.Pending }, rows[0]?.pending ?? 0);
    gauge.set({ state: JobState.InProgress }, rows[0]?.running ?? 0);
  }

  private async ageOldest(gauge: Gauge): Promise<void> {
    const rows = await this.dataSource.query<{ seconds: number | null }[]>(
      `WITH RECURSIVE ${waitingClients('$1')}
       SELECT extract(epoch FROM now() - min(first.run_at))::float8 AS seconds FROM waiting w CROSS JOIN LATERAL (
         SELECT run_at FROM job
         WHERE state = 'PENDING' AND client_id = w.client_id AND run_at <= now() AND type = ANY($1)
         ORDER BY run_at LIMIT 1
       ) first`,
      [this.types.names],
    );
    gauge.set(rows[0]?.seconds ?? 0);
  }
}
