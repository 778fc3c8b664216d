import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLIENTS_IN_LINE } from './fair-order';
import type { Job } from './job';
import { isTerminal, JobState } from './job-state';

/** Before any job of a type has ended, this is as good a guess as any. */
const FIRST_GUESS_SECONDS = 2;
const LEARN_FROM = 200;
const LEARNT_FOR_MS = 5_000;
/** For how long an estimate is as good as a new one. */
const FRESH_MS = 1_000;
const MOST_LINES = 10_000;
/** A line through fewer jobs than this says little about size. */
const ENOUGH_FOR_A_LINE = 8;

/** How long past jobs of a type took: typically, and by their size. */
interface Experience {
  medianSeconds: number;
  line: { intercept: number; slope: number } | null;
  learntAt: number;
}

/** Where a job stands that has not started. */
interface Place {
  /** Jobs that get their turn before it. */
  ahead: number;
  /** Jobs that are worked on at the same time, now. */
  running: number;
  seconds_until_due: number;
}

/** Tells how long a job will still take, from how long jobs of its type took and from what waits ahead of it. */
@Injectable()
export class JobEta {
  private readonly experience = new Map<string, Experience>();
  private readonly lines = new Map<string, { place: Place; seenAt: number }>();

  constructor(private readonly dataSource: DataSource) {}

  /** Seconds until the job ends, as an estimate; `null` once it has ended. */
  async seconds(job: Job): Promise<number | null> {
    if (isTerminal(job.state)) return null;
    const fresh = estimateOfAcceptance(job);
    if (fresh !== null) return fresh;
    const experience = await this.learn(job.type);
    const whole = wholeSeconds(experience, job.size);
    if (job.state === JobState.InProgress) return Math.max(0.1, whole * (1 - job.progress / 100));
    const place = await this.place(job.client_id, job.id);
    return place.seconds_until_due + waitSeconds(place, experience) + whole;
  }

  /** Seconds that a job of the type takes, going by the last ones. */
  async typicalSeconds(type: string): Promise<number> {
    return (await this.learn(type)).medianSeconds;
  }

  /** Seconds that a job will take that the client submits now. */
  async secondsOfNext(type: string, clientId: string): Promise<number> {
    const [experience, place] = await Promise.all([this.learn(type), this.endOfLine(clientId)]);
    return waitSeconds(place, experience) + wholeSeconds(experience, null);
  }

  /** The place of the client's next job: looked up once a second, and one further back for each job since. */
  private async endOfLine(clientId: string): Promise<Place> {
    const known = this.lines.get(clientId);
    if (known !== undefined && Date.now() - known.seenAt < FRESH_MS) {
      known.place.ahead += 1;
      return known.place;
    }
    const place = await this.place(clientId, null);
    if (this.lines.size >= MOST_LINES) this.lines.clear();
    this.lines.set(clientId, { place, seenAt: Date.now() });
    return place;
  }

  /**
   * What comes before a job by the fair order of the claims: what waits of its own client before it, and of each other
   * client as many as are needed to bring that client to the same number under way.
   */
  private async place(clientId: string, jobId: string | null): Promise<Place> {
    const rows = await this.dataSource.query<Place[]>(
      `WITH RECURSIVE ${CLIENTS_IN_LINE}, own AS (
         SELECT run_at FROM job WHERE id = $2
       ), before AS (
         SELECT count(*) AS jobs FROM job
         WHERE state = 'PENDING' AND client_id = $1
           AND ($2::uuid IS NULL OR (run_at, id) < ((SELECT run_at FROM own), $2::uuid))
       ), turn AS (
         SELECT before.jobs + coalesce((SELECT jobs FROM running WHERE client_id = $1), 0) AS load FROM before
       )
       SELECT ((SELECT jobs FROM before) + coalesce((
           SELECT sum(others.jobs) FROM waiting w LEFT JOIN running r USING (client_id)
           CROSS JOIN LATERAL (
             SELECT count(*) AS jobs FROM (
               SELECT FROM job WHERE state = 'PENDING' AND client_id = w.client_id AND run_at <= now()
               LIMIT greatest(0, (SELECT load FROM turn) - coalesce(r.jobs, 0))
             ) first
           ) others
           WHERE w.client_id <> $1
         ), 0))::int AS ahead,
         coalesce((SELECT sum(jobs) FROM running), 0)::int AS running,
         coalesce(extract(epoch FROM greatest(interval '0', (SELECT run_at FROM own) - now())), 0)::float8
           AS seconds_until_due`,
      [clientId, jobId],
    );
    return rows[0] ?? { ahead: 0, running: 0, seconds_until_due: 0 };
  }

  private async learn(type: string): Promise<Experience> {
    const known = this.experience.get(type);
    if (known !== undefined && Date.now() - known.learntAt < LEARNT_FOR_MS) return known;
    const rows = await this.dataSource.query<
      { median: number | null; jobs: number; slope: number | null; intercept: number | null }[]
    >(
      `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median, regr_count(seconds, size)::int AS jobs,
         regr_slope(seconds, size) AS slope, regr_intercept(seconds, size) AS intercept
       FROM (
         SELECT extract(epoch FROM finished_at - started_at)::float8 AS seconds, size
         FROM job WHERE type = $1 AND state = 'COMPLETED' ORDER BY finished_at DESC LIMIT ${LEARN_FROM}
       ) past`,
      [type],
    );
    const { median = null, jobs = 0, slope = null, intercept = null } = rows[0] ?? {};
    const learnt: Experience = {
      medianSeconds: median ?? FIRST_GUESS_SECONDS,
      // A larger job that takes less time is chance, not experience.
      line:
        jobs >= ENOUGH_FOR_A_LINE && slope !== null && slope > 0 && intercept !== null
          ? { intercept, slope }
          : null,
      learntAt: Date.now(),
    };
    this.experience.set(type, learnt);
    return learnt;
  }
}

/** What was estimated at acceptance, while that is a moment ago: the answer to the submission needs no second look. */
function estimateOfAcceptance({ state, created_at, estimated_end_at }: Job): number | null {
  if (state !== JobState.Pending || estimated_end_at === null) return null;
  const age = Date.now() - created_at.getTime();
  return age < FRESH_MS ? Math.max(0.1, (estimated_end_at.getTime() - Date.now()) / 1_000) : null;
}

function wholeSeconds({ medianSeconds, line }: Experience, size: string | null): number {
  if (line === null || size === null) return medianSeconds;
  return Math.max(0.1, line.intercept + line.slope * Number(size));
}

/** As many jobs end at a time as are worked on now; with none ahead, a slot is taken to be free. */
const waitSeconds = ({ ahead, running }: Place, { medianSeconds }: Experience): number =>
  (ahead * medianSeconds) / Math.max(1, running);
