import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NIL_ID } from '../common/ids';
import { AWAY_AFTER_SECONDS, withinLongestOutage } from './job-sql';

/** What every process depends on. */
export type Dependency = 'database' | 'store';

/** Rows that one statement changes, so that none holds its locks for long. */
const AT_ONCE = 500;

/** An answer that took longer came from a database that was away in between. */
const SLOW_MS = 3_000;

/** A process that saw no outage itself waits so many rounds for one that did, before it records the outage. */
const ROUNDS_FOR_WITNESSES = 5;

/** For how long a settled outage is kept: leases that ended in it are taken back within seconds. */
const KEPT_HOURS = 24;

/**
 * Records when the database and the store were away: the times, by the database's clock, at which no process reached
 * them. It then moves on the deadlines of the jobs that could not be worked on. Every step is a guarded statement, so it does not matter how many
 * processes do the same.
 */
@Injectable()
export class JobOutages {
  private readonly logger = new Logger(JobOutages.name);
  private isWitness = false;
  private rounds = 0;
  private hasBegun = false;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * One round: says what is there, and records what was not. An outage of the database that this process did not feel may
   * be one in which nothing ran; whether it was, a process that felt it may know, and is waited for.
   *
   * @param seen beside the database
   */
  async watch(seen: Dependency[]): Promise<void> {
    const askedAt = Date.now();
    let missed: Dependency[];
    try {
      await this.begin();
      missed = await this.see(['database', ...seen]);
    } catch (error) {
      this.isWitness = true;
      throw error;
    }
    if (Date.now() - askedAt > SLOW_MS) this.isWitness = true;
    if (missed.includes('database') && !this.isWitness) {
      this.rounds += 1;
      if (this.rounds < ROUNDS_FOR_WITNESSES) return;
    }
    for (const dependency of missed) await this.record(dependency, this.isWitness);
    this.isWitness = false;
    this.rounds = 0;
  }

  /** What nobody has seen yet counts from the first look for it: a store that was never there is away since then. */
  private async begin(): Promise<void> {
    if (this.hasBegun) return;
    await this.dataSource.query(
      `INSERT INTO dependency (name, seen_at) VALUES ('store', now()) ON CONFLICT (name) DO NOTHING`,
    );
    this.hasBegun = true;
  }

  /**
   * Says that they are there now.
   *
   * @returns those that nobody had seen for so long that there was an outage
   */
  async see(dependencies: Dependency[]): Promise<Dependency[]> {
    const rows = await this.dataSource.query<{ name: Dependency }[]>(
      `INSERT INTO dependency (name, seen_at) SELECT name, now() FROM unnest($1::text[]) name ORDER BY name
       ON CONFLICT (name) DO UPDATE SET seen_at = greatest(dependency.seen_at, excluded.seen_at)
       WHERE dependency.seen_at > now() - interval '${AWAY_AFTER_SECONDS} s'
       RETURNING name`,
      [dependencies],
    );
    const there = rows.map(({ name }) => name);
    return dependencies.filter((name) => !there.includes(name));
  }

  /**
   * Ends an outage. Does nothing when another process was first.
   *
   * @param survived whether this process lived through it
   */
  async record(dependency: Dependency, survived: boolean): Promise<void> {
    const [outage] = await this.dataSource.query<{ began_at: Date; seconds: number }[]>(
      `WITH gone AS (
         SELECT name, seen_at FROM dependency
         WHERE name = $1 AND seen_at <= now() - interval '${AWAY_AFTER_SECONDS} s' FOR UPDATE
       ), back AS (
         UPDATE dependency d SET seen_at = now() FROM gone WHERE d.name = gone.name RETURNING gone.seen_at AS began_at
       )
       INSERT INTO outage (dependency, began_at, ended_at, survived) SELECT $1, began_at, now(), $2 FROM back
       RETURNING began_at, extract(epoch FROM ended_at - began_at)::float8 AS seconds`,
      [dependency, survived],
    );
    if (outage === undefined) return;
    const { began_at, seconds } = outage;
    this.logger.log(
      `Nobody saw the ${dependency} for ${Math.round(seconds)} s since ${began_at.toISOString()}; deadlines move on by it.`,
    );
  }

  /**
   * Moves on the deadlines of the jobs that outages kept from being done, one outage after the other, in batches. A process
   * that finds another at it returns. One that came between two batches of another goes along with it, and neither keeps the
   * other from coming to the end. What is being changed just now is left for the next time, and the outage is not settled before.
   *
   * @param storeTypes the types that need the store
   * @returns how many
   */
  async settle(storeTypes: string[], stopping: AbortSignal): Promise<number> {
    let all = 0;
    for (;;) {
      const [outage] = await this.dataSource.query<Outage[]>(FREE_OUTAGE);
      if (outage === undefined) return all;
      const types = outage.dependency === 'store' ? storeTypes : null;
      all += await this.moveWaiting(outage, types, stopping);
      all += await this.moveRunning(outage, types, stopping);
      if (stopping.aborted || !(await this.conclude(outage, types))) return all;
    }
  }

  /**
   * Goes along all that wait, once: a batch that began with the first would read all that were moved before it.
   *
   * @param types `null` for all
   */
  private async moveWaiting(
    { dependency, began_at }: Outage,
    types: string[] | null,
    stopping: AbortSignal,
  ): Promise<number> {
    let all = 0;
    for (let after: Place | undefined = FIRST; after !== undefined && !stopping.aborted;) {
      const { client_id, type, run_at, id } = after;
      const rows: (Place & { moved: number })[] = await this.dataSource.query(
        `WITH ${OVER}, next AS MATERIALIZED (
           SELECT jobs.* FROM over CROSS JOIN LATERAL (
             SELECT client_id, type, run_at, id, ${IS_HELD} AS is_held FROM job
             WHERE state = 'PENDING' AND (client_id, type, run_at, id) > ($4::uuid, $5, $6::timestamptz, $7::uuid)
             ORDER BY client_id, type, run_at, id LIMIT ${AT_ONCE}
           ) jobs
         ), ${moved('SELECT id FROM next WHERE is_held')}
         SELECT client_id, type, run_at::text, id, (SELECT count(*)::int FROM moved) AS moved
         FROM next ORDER BY client_id DESC, next.type DESC, next.run_at DESC, id DESC LIMIT 1`,
        [dependency, began_at, types, client_id, type, run_at, id],
      );
      const [last] = rows;
      all += last?.moved ?? 0;
      after = last;
    }
    return all;
  }

  /** What runs is few. */
  private async moveRunning(
    { dependency, began_at }: Outage,
    types: string[] | null,
    stopping: AbortSignal,
  ): Promise<number> {
    let all = 0;
    for (let last = 1; last > 0 && !stopping.aborted; all += last) {
      const rows = await this.dataSource.query<unknown[]>(
        `WITH ${OVER}, ${moved(`SELECT jobs.id FROM over CROSS JOIN LATERAL (${heldRunning(AT_ONCE)}) jobs`)}
         SELECT id FROM moved`,
        [dependency, began_at, types],
      );
      last = rows.length;
    }
    return all;
  }

  /**
   * Only a statement that itself finds no job left may say so: that none was moved may mean that others had them.
   *
   * @returns whether it is settled
   */
  private async conclude({ dependency, began_at }: Outage, types: string[] | null): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH ${OVER}, settled AS (
         UPDATE outage o SET settled = true FROM over
         WHERE o.dependency = $1 AND o.began_at = over.began_at AND NOT EXISTS (${HELD_WAITING})
           AND NOT EXISTS (${heldRunning(1)})
         RETURNING o.began_at
       ), forgotten AS (
         DELETE FROM outage WHERE settled AND ended_at < now() - make_interval(hours => ${KEPT_HOURS})
       )
       SELECT began_at FROM settled`,
      [dependency, began_at, types],
    );
    return rows.length === 1;
  }
}

interface Outage {
  dependency: Dependency;
  began_at: string;
}

/** A job by its place in the index of what waits. */
interface Place {
  client_id: string;
  type: string;
  run_at: string;
  id: string;
}

/** Before every job. */
const FIRST: Place = { client_id: NIL_ID, type: '', run_at: '-infinity', id: NIL_ID };

/** The first that is not settled: none while another process is at it. */
const FREE_OUTAGE = `
  SELECT dependency, began_at::text FROM outage WHERE NOT settled
    AND (dependency, began_at) = (SELECT dependency, began_at FROM outage WHERE NOT settled ORDER BY ended_at LIMIT 1)
  FOR NO KEY UPDATE SKIP LOCKED`;

/** The outage that a statement works on, in SQL: none when it is settled. A batch of another process is waited for. */
const OVER = `over AS MATERIALIZED (
  SELECT began_at, ended_at FROM outage WHERE dependency = $1 AND began_at = $2 AND NOT settled FOR NO KEY UPDATE
)`;

/** Whether the outage `over` is still to be counted for a job. */
const IS_HELD = `created_at < over.ended_at AND (outage_counted_until IS NULL OR outage_counted_until < over.ended_at)
  AND ($3::text[] IS NULL OR type = ANY($3))`;

const MOVED = withinLongestOutage(
  `extract(epoch FROM over.ended_at - greatest(over.began_at, created_at, outage_counted_until))::float8`,
);

/** A job that waits and for which `over` is still to be counted. The order is that of an index: no other way is taken to it. */
const HELD_WAITING = `
  SELECT FROM job WHERE state = 'PENDING' AND ${IS_HELD} ORDER BY client_id, type, run_at, id LIMIT 1`;

/** Those that run. */
const heldRunning = (most: number): string => `
  SELECT id FROM job WHERE state = 'IN_PROGRESS' AND ${IS_HELD} ORDER BY client_id, type, lease_until LIMIT ${most}`;

/**
 * The CTE `moved`, in SQL: jobs for which `over` is counted now. Those that somebody changes just then are left.
 *
 * @param held a query for the ids of those for which it is to be counted
 */
const moved = (held: string): string => `free AS MATERIALIZED (
  SELECT j.id FROM (${held}) held JOIN job j USING (id) FOR NO KEY UPDATE OF j SKIP LOCKED
), moved AS (
  UPDATE job j SET deadline_at = deadline_at + make_interval(secs => ${MOVED}),
    outage_seconds = outage_seconds + ${MOVED}, outage_counted_until = over.ended_at
  FROM free, over
  WHERE j.id = free.id AND state IN ('PENDING', 'IN_PROGRESS') AND ${IS_HELD}
  RETURNING j.id
)`;
