import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TtlCache } from '../common/ttl-cache';
import { QueuePosition, QueuePositionsService } from './queue-positions.service';
import { isTerminal, type Job, JobState } from './job';

/** Before any job of a type has ended, this is as good a guess as any. */
const FIRST_GUESS_SECONDS = 2;
const LEARN_FROM = 200;
const LEARNT_FOR_MS = 5_000;
/** For how long an estimate is as good as a new one. */
const FRESH_MS = 1_000;
/** A regression over fewer jobs than this says little about size. */
const ENOUGH_FOR_REGRESSION = 8;

/** How long past jobs of a type took: typically, and by their size. */
interface Experience {
  medianSeconds: number;
  /** Seconds over size, by least squares. */
  regression: { intercept: number; slope: number } | null;
  /** Nothing is known yet. */
  isGuess: boolean;
}

/** Estimates how long a job will still take, from how long jobs of its type took and from its queue position. */
@Injectable()
export class JobEtaService {
  private readonly experience = new TtlCache<Experience>(({ isGuess }) =>
    isGuess ? FRESH_MS : LEARNT_FOR_MS,
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly positions: QueuePositionsService,
  ) {}

  /** Seconds until the job ends, as an estimate; `null` once it has ended. */
  async seconds(job: Job): Promise<number | null> {
    if (isTerminal(job.state)) return null;
    const fresh = estimateOfAcceptance(job);
    if (fresh !== null) return fresh;
    const experience = await this.learn(job.type);
    const whole = wholeSeconds(experience, job.size);
    if (job.state === JobState.InProgress) return Math.max(0.1, whole * (1 - job.progress / 100));
    const position = await this.positions.of(job.client_id, job.type, job.id);
    return position.seconds_until_due + (await this.waitSeconds(position)) + whole;
  }

  /** Seconds that a job of the type takes, going by the last ones. */
  async typicalSeconds(type: string): Promise<number> {
    return (await this.learn(type)).medianSeconds;
  }

  /** Seconds that a job will take that the client submits now. */
  async secondsOfNext(type: string, clientId: string): Promise<number> {
    const [experience, position] = await Promise.all([
      this.learn(type),
      this.positions.ofNext(clientId, type),
    ]);
    return (await this.waitSeconds(position)) + wholeSeconds(experience, null);
  }

  /** As many jobs end at a time as are worked on now; with none ahead, a slot is taken to be free. */
  private async waitSeconds({ ahead, running }: QueuePosition): Promise<number> {
    const seconds = await Promise.all(
      Object.entries(ahead).map(async ([type, jobs]) => jobs * (await this.typicalSeconds(type))),
    );
    return seconds.reduce((sum, each) => sum + each, 0) / Math.max(1, running);
  }

  private learn(type: string): Promise<Experience> {
    return this.experience.get(type, () => this.lookBack(type));
  }

  private async lookBack(type: string): Promise<Experience> {
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
    return {
      medianSeconds: median ?? FIRST_GUESS_SECONDS,
      // A larger job that takes less time is chance, not experience.
      regression:
        jobs >= ENOUGH_FOR_REGRESSION && slope !== null && slope > 0 && intercept !== null
          ? { intercept, slope }
          : null,
      isGuess: median === null,
    };
  }
}

/** What was estimated at acceptance, while that is a moment ago: the answer to the submission needs no second look. */
function estimateOfAcceptance({ state, created_at, estimated_end_at }: Job): number | null {
  if (state !== JobState.Pending || estimated_end_at === null) return null;
  const age = Date.now() - created_at.getTime();
  return age < FRESH_MS ? Math.max(0.1, (estimated_end_at.getTime() - Date.now()) / 1_000) : null;
}

function wholeSeconds({ medianSeconds, regression }: Experience, size: string | null): number {
  if (regression === null || size === null) return medianSeconds;
  return Math.max(0.1, regression.intercept + regression.slope * Number(size));
}
