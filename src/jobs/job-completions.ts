import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { Batcher } from '../common/batcher';
import { prepared } from '../database/prepared';
import { isDataAtFault } from '../database/database-errors';
import { JOB_END, JobEnd } from './job-end';
import { OUTCOME, writeEvent } from './job-event';
import type { Lease } from './job-lease';
import { JobSignals } from './job-signals';

export interface Completion extends Lease {
  result: object;
  /** The amount of work that it was, where it is known. */
  size: number | null;
  /** After which its artifact expires; `null` for none. */
  retentionDays: number | null;
}

/** With its result as JSON already: one that cannot be written so is the fault of its own job alone. */
type Written = Omit<Completion, 'result'> & { result: string };

const LANES = 2;
const MOST_AT_ONCE = 100;

/** Locks in the order of the ids, so that two statements that name the same jobs never wait each for the other. */
const COMPLETE = prepared(
  'job_complete',
  `WITH done AS (
     SELECT * FROM unnest($1::uuid[], $2::int[], $3::jsonb[], $4::bigint[], $5::int[])
       AS d(id, attempt, result, size, days)
   ), locked AS (
     SELECT id FROM job WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE
   ), changed AS (
     UPDATE job j SET state = 'COMPLETED', result = d.result, error = NULL, finished_at = clock_timestamp(),
       progress = 100, step = cardinality(steps), size = coalesce(d.size, j.size), lease_owner = NULL, lease_until = NULL,
       expires_at = now() + make_interval(days => d.days)
     FROM done d JOIN locked USING (id)
     WHERE j.id = d.id AND j.attempt = d.attempt AND j.state = 'IN_PROGRESS' AND j.cancel_requested_at IS NULL
     RETURNING j.*
   ), ${writeEvent(`'completed'`, OUTCOME)}
   SELECT attempt, ${JOB_END} FROM changed`,
);

/** Ends attempts with their results: the one transition of which there are many at the same time. */
@Injectable()
export class JobCompletions {
  private readonly batcher = new Batcher<Written, JobEnd | null>(
    async (completions) => {
      const ends = await this.write(completions, this.dataSource);
      this.signals.tellEnds(ends.filter((end) => end !== null));
      return ends;
    },
    { lanes: LANES, most: MOST_AT_ONCE, mayBeOfOne: isDataAtFault },
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Ends an attempt with its result. What the result names must be durable before.
   *
   * @returns the end; `null` when the attempt was cancelled or is no longer this worker's
   */
  async complete(completion: Completion): Promise<JobEnd | null> {
    return this.batcher.run(written(completion));
  }

  /** The same as a part of a transaction, after whose commit the caller tells the end. */
  async completeIn(transaction: EntityManager, completion: Completion): Promise<JobEnd | null> {
    const [end] = await this.write([written(completion)], transaction);
    return end ?? null;
  }

  private async write(completions: Written[], by: Pick<EntityManager, 'query'>): Promise<(JobEnd | null)[]> {
    const rows = await by.query<(JobEnd & { attempt: number })[]>(COMPLETE, [
      completions.map(({ jobId }) => jobId),
      completions.map(({ attempt }) => attempt),
      completions.map(({ result }) => result),
      completions.map(({ size }) => size),
      completions.map(({ retentionDays }) => retentionDays),
    ]);
    const ends = new Map(rows.map(({ attempt, ...end }) => [`${end.id}.${attempt}`, end]));
    return completions.map(({ jobId, attempt }) => ends.get(`${jobId}.${attempt}`) ?? null);
  }
}

const written = ({ result, ...rest }: Completion): Written => ({ ...rest, result: JSON.stringify(result) });
