import { Injectable, Logger, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { lastValueFrom, merge, Observable, Subscriber, Subscription, takeUntil, timer } from 'rxjs';
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

/** A job's row and events; no state where the client has no such job. */
type UpdateRow = { index: number; seen: string; events: JobEvent[] | null } & (
  Omit<JobUpdate, 'events'> | { state: null }
);

/** A job whose end somebody waits for. */
export interface WaitedJob {
  clientId: string;
  jobId: string;
  /** Whether it was accepted a moment ago, so that the next round is early enough to look at it. */
  isNew: boolean;
}

/** Up to where the log has been read. */
interface LogPoint {
  /** Whose transactions the snapshot is of: another server, or one that has crashed, may give their numbers again. */
  server: string;
  snapshot: string;
}

interface Watch {
  /** Position of the last event that was sent. */
  position: bigint;
  /** The state and the progress that were sent. */
  seen: string;
  subscriber: Subscriber<JobUpdate>;
}

interface WatchedJob {
  clientId: string;
  jobId: string;
  watches: Set<Watch>;
}

/** A job that is read, for those who watched it when it was asked for. */
interface AskedJob extends WatchedJob {
  key: string;
}

/** How late an update from another process may be. */
const ROUND_MS = 100;
/** After every event: for those who want none. */
const END_OF_LOG = 2n ** 63n - 1n;

const isWait = ({ position }: Watch): boolean => position === END_OF_LOG;

const keyOf = (clientId: string, jobId: string): string => `${clientId} ${jobId}`;

/**
 * The jobs with events that this snapshot sees and the last one did not, in whatever order their transactions ended: those
 * of transactions that began since, and of those that were open then. No time at which one stays open delays another's.
 */
const CHANGED = prepared(
  'jobs_changed',
  `
  SELECT extract(epoch FROM pg_postmaster_start_time())::text AS server, pg_current_snapshot()::text AS snapshot,
    ARRAY(
      SELECT concat_ws(' ', client_id, job_id) FROM job_event
      WHERE transaction_id >= pg_snapshot_xmax($1::pg_snapshot)
        AND transaction_id < pg_snapshot_xmax(pg_current_snapshot())
      UNION
      SELECT concat_ws(' ', client_id, job_id) FROM job_event
      WHERE transaction_id = ANY(ARRAY(SELECT pg_snapshot_xip($1::pg_snapshot)))
    ) AS changed`,
);

/** Only jobs that differ from what was sent get a row. */
const UPDATES = prepared(
  'job_updates',
  `
  SELECT w.index::int, j.state, j.attempt, j.progress, j.steps[j.step + 1] AS step, now.seen, fresh.events
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) WITH ORDINALITY
    AS w(client_id, job_id, position, seen, index)
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
 * Sends this process's streams and waiting requests what happens to jobs, in whichever process it happens. It follows the
 * log: a round asks which jobs have new events, and reads those of them that are watched here, with those that are new to
 * this process, and those that run, whose progress is no event. So what it costs follows what happens, and not how many
 * watch. What this process itself ends is sent at once.
 */
@Injectable()
export class JobWatchService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobWatchService.name);
  private readonly loop = new Loop('job watch', ROUND_MS, () => this.round(), this.logger);
  private readonly watched = new Map<string, WatchedJob>();
  /** Keys of watched jobs that the next round reads, whatever the log says. */
  private readonly due = new Set<string>();
  /** Keys of streamed jobs that run. */
  private readonly running = new Set<string>();
  /** None when nobody watches, and after a round that failed: then all that is watched is read. */
  private readTo: LogPoint | undefined;
  private signalled: Subscription | undefined;
  private closed = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: JobSignals,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
    this.signalled = this.signals.ended.subscribe((ends) => {
      for (const { client_id, id } of ends) this.endHere(keyOf(client_id, id));
    });
  }

  /**
   * Lets go of everybody, and of who comes later, before anything else ends: waits are answered as when their time is
   * over, streams go on elsewhere, and neither stands in the way of a server that stops.
   */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    this.signalled?.unsubscribe();
    for (const { watches } of this.watched.values())
      for (const { subscriber } of watches) subscriber.complete();
    await this.loop.stop();
  }

  /**
   * Updates of a client's job, beginning with how it stands. Completes when the job has ended and everything was sent, and
   * when the client has no such job, or this process ends.
   *
   * @param after position of the last event that is known already
   */
  watch(clientId: string, jobId: string, after: string): Observable<JobUpdate> {
    return this.observe(clientId, jobId, BigInt(after), true);
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
    const updates = this.observe(clientId, jobId, END_OF_LOG, !isNew);
    await lastValueFrom(updates.pipe(takeUntil(merge(timer(seconds * 1_000), until))), {
      defaultValue: undefined,
    });
  }

  /** @param atOnce whether how it stands is to be sent before the next round, too */
  private observe(clientId: string, jobId: string, after: bigint, atOnce: boolean): Observable<JobUpdate> {
    return new Observable((subscriber) => {
      if (this.closed) {
        subscriber.complete();
        return undefined;
      }
      const key = keyOf(clientId, jobId);
      const job = this.watched.get(key) ?? { clientId, jobId, watches: new Set() };
      const watch = { position: after, seen: '', subscriber };
      job.watches.add(watch);
      this.watched.set(key, job);
      this.due.add(key);
      if (atOnce) this.loop.poke();
      return () => {
        job.watches.delete(watch);
        if (job.watches.size === 0) this.forget(key);
      };
    });
  }

  private forget(key: string): void {
    this.watched.delete(key);
    this.due.delete(key);
    this.running.delete(key);
  }

  /** Waits need nothing more; streams get the events. */
  private endHere(key: string): void {
    for (const watch of this.watched.get(key)?.watches ?? []) {
      if (isWait(watch)) watch.subscriber.complete();
      else this.loop.poke();
    }
  }

  private async round(): Promise<void> {
    const { readTo } = this;
    this.readTo = undefined;
    if (this.watched.size === 0) return;
    const { changed, ...point } = await this.readLog(readTo);
    const isSameLog = readTo?.server === point.server;
    const asked = this.take(isSameLog ? [...this.due, ...this.running, ...changed] : this.watched.keys());
    if (asked.length > 0) {
      for (const row of await this.readJobs(asked)) {
        const job = asked[row.index - 1];
        if (job !== undefined) this.send(job, row);
      }
    }
    this.readTo = point;
  }

  /** Those of the jobs that are watched. Who begins to watch while they are read comes with the next round. */
  private take(keys: Iterable<string>): AskedJob[] {
    const asked = [...new Set(keys)].flatMap((key) => {
      const job = this.watched.get(key);
      return job === undefined ? [] : [{ key, ...job, watches: new Set(job.watches) }];
    });
    this.due.clear();
    return asked;
  }

  private async readLog(readTo: LogPoint | undefined): Promise<LogPoint & { changed: string[] }> {
    const [read] = await this.dataSource.query<[LogPoint & { changed: string[] }]>(CHANGED, [
      readTo?.snapshot ?? null,
    ]);
    return read;
  }

  /** One statement, so that a state and its events are of the same moment. */
  private readJobs(asked: AskedJob[]): Promise<UpdateRow[]> {
    return this.dataSource.query<UpdateRow[]>(UPDATES, [
      asked.map(({ clientId }) => clientId),
      asked.map(({ jobId }) => jobId),
      asked.map(({ watches }) => String(earliest(watches))),
      asked.map(({ watches }) => whatAllSaw(watches)),
    ]);
  }

  private send({ key, watches }: AskedJob, row: UpdateRow): void {
    if (row.state === null) {
      for (const { subscriber } of watches) subscriber.complete();
      return;
    }
    const { state, attempt, progress, step, seen } = row;
    const all = row.events ?? [];
    for (const watch of watches) {
      const events = all.filter(({ position }) => BigInt(position) > watch.position);
      if (seen === watch.seen && events.length === 0) continue;
      watch.position = BigInt(events.at(-1)?.position ?? watch.position);
      watch.seen = seen;
      watch.subscriber.next({ state, attempt, progress, step, events });
      if (isTerminal(state)) watch.subscriber.complete();
    }
    const staying = [...(this.watched.get(key)?.watches ?? [])];
    if (state === JobState.InProgress && !staying.every(isWait)) this.running.add(key);
    else this.running.delete(key);
  }
}

/** Of the last events that the watches got. */
const earliest = (watches: Set<Watch>): bigint =>
  [...watches].reduce((least, { position }) => (position < least ? position : least), END_OF_LOG);

/** The state and the progress that every watch got; nothing when they differ. */
function whatAllSaw(watches: Set<Watch>): string {
  const [first, ...others] = new Set([...watches].map(({ seen }) => seen));
  return others.length === 0 ? (first ?? '') : '';
}
