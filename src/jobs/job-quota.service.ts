import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { AppError } from '../common/app-error';
import { retryAfterSeconds } from '../common/retry-after';
import { AppConfig } from '../config/app-config';
import { JobEtaService } from './job-eta.service';

/** How long a count is good enough: what other processes accept meanwhile may go beyond the quota. */
const COUNTED_FOR_MS = 1_000;
const MOST_CLIENTS = 10_000;

interface Count {
  /** Jobs in flight at the time of counting, and all that was admitted since. */
  jobs: number;
  countedAt: number;
}

/**
 * Bounds the jobs of one client that wait or run. Nobody is refused on an old count; a count costs one look into the
 * database a second, not one for each submission.
 */
@Injectable()
export class JobQuotaService {
  /** Not a `TtlCache`: a count goes on with what is admitted, and only one with room left is good for its second. */
  private readonly counts = new LRUCache<string, Promise<Count>>({ max: MOST_CLIENTS });
  /** Admitted, but perhaps not written yet, so that a count may miss them. */
  private readonly admitted = new Map<string, number>();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly eta: JobEtaService,
  ) {}

  /**
   * Counts one more job of the client's as in flight.
   *
   * @returns what must be called once the job is written or given up; `undefined` when the quota is exhausted
   */
  async take(clientId: string): Promise<(() => void) | undefined> {
    const count = await this.countWithRoom(clientId);
    if (count.jobs >= this.config.maxJobsInFlight) return undefined;
    count.jobs += 1;
    this.admitted.set(clientId, (this.admitted.get(clientId) ?? 0) + 1);
    return () => {
      const left = (this.admitted.get(clientId) ?? 1) - 1;
      if (left === 0) this.admitted.delete(clientId);
      else this.admitted.set(clientId, left);
    };
  }

  /** The refusal, with the time after which a job of the type has typically ended. */
  async exceeded(type: string): Promise<AppError> {
    return new AppError(
      'too_many',
      'too_many_jobs',
      `No more than ${this.config.maxJobsInFlight} of your jobs may be in flight: wait for some to end.`,
      {
        retryAfter: retryAfterSeconds(await this.eta.typicalSeconds(type)),
        extensions: { 'violated-policies': ['jobs-in-flight'] },
      },
    );
  }

  private async countWithRoom(clientId: string): Promise<Count> {
    const known = this.counts.get(clientId);
    if (known !== undefined) {
      const count = await known;
      if (count.jobs < this.config.maxJobsInFlight && Date.now() - count.countedAt < COUNTED_FOR_MS)
        return count;
    }
    // Somebody else may have begun to count in the meantime.
    const current = this.counts.get(clientId);
    if (current !== undefined && current !== known) return current;
    const counting = this.count(clientId);
    this.counts.set(clientId, counting);
    counting.catch(() => this.counts.delete(clientId));
    return counting;
  }

  private async count(clientId: string): Promise<Count> {
    const countedAt = Date.now();
    const unwritten = this.admitted.get(clientId) ?? 0;
    const rows = await this.dataSource.query<{ jobs: number }[]>(
      `SELECT count(*)::int AS jobs FROM (
         SELECT 1 FROM job WHERE client_id = $1 AND state IN ('PENDING', 'IN_PROGRESS') LIMIT $2
       ) found`,
      [clientId, this.config.maxJobsInFlight],
    );
    return { jobs: (rows[0]?.jobs ?? 0) + unwritten, countedAt };
  }
}
