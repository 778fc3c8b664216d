import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Job } from './job';
import { isTerminal, JobState } from './job-state';

/** Before any job of a type has ended, this is as good a guess as any. */
const FIRST_GUESS_SECONDS = 2;
const LEARN_FROM = 200;
const LEARNT_FOR_MS = 5_000;

interface Experience {
  medianSeconds: number;
  secondsPerUnit: number | null;
  learntAt: number;
}

/** Tells how long a job will still take, from how long jobs of its type took and from what waits ahead of it. */
@Injectable()
export class JobEta {
  private readonly experience = new Map<string, Experience>();

  constructor(private readonly dataSource: DataSource) {}

  /** Seconds until the job ends, as an estimate; `null` once it has ended. */
  async seconds(job: Job): Promise<number | null> {
    if (isTerminal(job.state)) return null;
    const { medianSeconds, secondsPerUnit } = await this.learn(job.type);
    const whole =
      job.size !== null && secondsPerUnit !== null ? Number(job.size) * secondsPerUnit : medianSeconds;
    if (job.state === JobState.InProgress) return Math.max(0.1, whole * (1 - job.progress / 100));
    const untilDue = Math.max(0, (job.run_at.getTime() - Date.now()) / 1_000);
    return untilDue + whole + (await this.aheadOf(job)) * medianSeconds;
  }

  /** Seconds that a job of the type takes, going by the last ones. */
  async typicalSeconds(type: string): Promise<number> {
    return (await this.learn(type)).medianSeconds;
  }

  /** How many jobs of the same client wait or run before this one, for each slot that is known to work. */
  private async aheadOf(job: Job): Promise<number> {
    const rows = await this.dataSource.query<{ waiting: number; running: number }[]>(
      `SELECT
         (SELECT count(*)::int FROM job WHERE state = 'PENDING' AND client_id = $1 AND run_at < $2) AS waiting,
         (SELECT count(*)::int FROM job WHERE state = 'IN_PROGRESS') AS running`,
      [job.client_id, job.run_at],
    );
    const { waiting = 0, running = 0 } = rows[0] ?? {};
    return waiting / Math.max(1, running);
  }

  private async learn(type: string): Promise<Experience> {
    const known = this.experience.get(type);
    if (known !== undefined && Date.now() - known.learntAt < LEARNT_FOR_MS) return known;
    const rows = await this.dataSource.query<{ median: number | null; per_unit: number | null }[]>(
      `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds / size) FILTER (WHERE size > 0) AS per_unit
       FROM (
         SELECT extract(epoch FROM finished_at - started_at)::float8 AS seconds, size
         FROM job WHERE type = $1 AND state = 'COMPLETED' ORDER BY finished_at DESC LIMIT ${LEARN_FROM}
       ) past`,
      [type],
    );
    const learnt: Experience = {
      medianSeconds: rows[0]?.median ?? FIRST_GUESS_SECONDS,
      secondsPerUnit: rows[0]?.per_unit ?? null,
      learntAt: Date.now(),
    };
    this.experience.set(type, learnt);
    return learnt;
  }
}
