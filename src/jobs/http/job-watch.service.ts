import { Injectable, Logger, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { filter, lastValueFrom, merge, Observable, Subscriber, Subscription, takeUntil, timer } from 'rxjs';
import { DataSource } from 'typeorm';
import { prepared } from '../../database/prepared';
import { JobSignals } from '../job-signals';
import { isTerminal, JobState } from '../job';
import { Loop } from '../../common/loop';

/** One row of a job's history, for those who watch it. */
export interface JobEvent {
  id: string;
  position: string;
  /** `orders.report.completed`, for one. */
  type: string;
  attempt: number;
  /** ISO 8601, UTC. */
  occurred_at: string;
  data: Record<string, unknown>;
}

/** What has changed since a watcher's last update. */
export interface JobUpdate {
  state: JobState;
  attempt: number;
  progress: number;
  /** The step that is under way. */
  step: string | null;
  /** New events, in order. When the state is terminal, its event is among them or was before. */
  events: JobEvent[];
}

type UpdateRow = { key: number; seen: string; events: JobEvent[] | null } & (
  Omit<JobUpdate, 'events'> | { state: null }
);

/** A job whose end somebody waits for. */
export interface WaitedJob {
  clientId: string;
  jobId: string;
  /** Whether it was accepted a moment ago, so that the next round is early enough to look at it. */
  isNew: boolean;
}

interface Watch {
  clientId: string;
  jobId: string;
  /** Position of the last event that was sent. */
  position: string;
  /** The state and the progress that were sent. */
  seen: string;
  subscriber: Subscriber<JobUpdate>;
}

/** How late an update from another process may be. */
const ROUND_MS = 100;
/** After every event: for those who want none. */
const END_OF_LOG = '9223372036854775807';

/** Only watches of jobs that have changed get a row. */
const UPDATES = prepared(
  'job_updates',
  `
  SELECT w.key, j.state, j.attempt, j.progress, j.steps[j.step + 1] AS step, now.seen, fresh.events
  FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])
    AS w(key, client_id, job_id, position, seen)
  LEFT JOIN job j ON j.id = w.job_id AND j.client_id = w.client_id
  CROSS JOIN LATERAL (SELECT concat_ws(' ', j.state, j.attempt, j.progress, j.step) AS seen) now
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('id', e.id, 'position', e.position::text, 'type', e.type,
      'attempt', e.attempt, 'data', e.data,
      'occurred_at', to_char(e.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      ORDER BY e.position) AS events
    FROM job_event e WHERE e.job_id = j.id AND e.position > w.position
  ) fresh ON true
  WHERE j.id IS NULL OR now.seen <> w.seen OR fresh.events IS NOT NULL`,
);

/**
 * Sends this process's streams and waiting requests what happens to jobs, in whichever process it happens. All of them
 * share one query a round, so that no one who watches holds a connection; what this process itself does is sent at once.
 */
@Injectable()
export class JobWatchService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobWatchService.name);
  private readonly loop = new Loop('job watch', ROUND_MS, () => this.round(), this.logger);
  private readonly watches = new Map<number, Watch>();
  private lastKey = 0;
  private signalled: Subscription | undefined;
  private closed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: JobSignals,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
    this.signalled = this.signals.ended.subscribe((ends) => {
      const ended = new Set(ends.map(({ id }) => id));
      const isWatched = ({ jobId, position }: Watch): boolean => position !== END_OF_LOG && ended.has(jobId);
      if ([...this.watches.values()].some(isWatched)) this.loop.poke();
    });
  }

  /**
   * Lets go of everybody, and of who comes later, before anything else ends: waits are answered as when their time is
   * over, streams go on elsewhere, and neither stands in the way of a server that stops.
   */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    this.signalled?.unsubscribe();
    for (const { subscriber } of this.watches.values()) subscriber.complete();
    await this.loop.stop();
  }

  /**
   * Updates of a client's job, beginning with how it stands. Completes when the job has ended and everything was sent, and
   * when the client has no such job, or this process ends.
   *
   * @param after position of the last event that is known already; without it, no events are sent
   * @param atOnce whether how it stands is to be sent before the next round, too
   */
  watch(clientId: string, jobId: string, after = END_OF_LOG, atOnce = true): Observable<JobUpdate> {
    return new Observable((subscriber) => {
      if (this.closed) {
        subscriber.complete();
        return undefined;
      }
      this.lastKey = (this.lastKey + 1) % 2_000_000_000;
      const key = this.lastKey;
      this.watches.set(key, { clientId, jobId, position: after, seen: '', subscriber });
      if (atOnce) this.loop.poke();
      return () => this.watches.delete(key);
    });
  }

  /**
   * Resolves when the job has ended, when the time is over, when this process ends, or when `until` emits; rejects when
   * `until` fails.
   */
  async untilEnded(
    { clientId, jobId, isNew }: WaitedJob,
    seconds: number,
    until: Observable<unknown>,
  ): Promise<void> {
    const endedHere = this.signals.ended.pipe(filter((ends) => ends.some(({ id }) => id === jobId)));
    const updates = this.watch(clientId, jobId, END_OF_LOG, !isNew);
    const over = merge(timer(seconds * 1_000), until, endedHere);
    await lastValueFrom(updates.pipe(takeUntil(over)), { defaultValue: undefined });
  }

  private async round(): Promise<void> {
    if (this.watches.size === 0) return;
    for (const row of await this.read()) {
      const watch = this.watches.get(row.key);
      if (watch === undefined) continue;
      const { subscriber } = watch;
      if (row.state !== null) {
        const { state, attempt, progress, step, seen } = row;
        const events = row.events ?? [];
        watch.position = events.at(-1)?.position ?? watch.position;
        watch.seen = seen;
        subscriber.next({ state, attempt, progress, step, events });
      }
      if (row.state === null || isTerminal(row.state)) subscriber.complete();
    }
  }

  /** One statement, so that a state and its events are of the same moment. */
  private read(): Promise<UpdateRow[]> {
    const watches = [...this.watches];
    return this.dataSource.query<UpdateRow[]>(UPDATES, [
      watches.map(([key]) => key),
      watches.map(([, watch]) => watch.clientId),
      watches.map(([, watch]) => watch.jobId),
      watches.map(([, watch]) => watch.position),
      watches.map(([, watch]) => watch.seen),
    ]);
  }
}
