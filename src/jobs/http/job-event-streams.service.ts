import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { finalize, Observable, takeUntil } from 'rxjs';
import { DataSource } from 'typeorm';
import type { Caller } from '../../clients/client';
import { AppError } from '../../common/app-error';
import { HeldRequestsService } from './held-requests.service';
import { isTerminal, type Job } from '../job';
import { JobsService } from '../jobs.service';
import { JobUpdate, JobWatchService } from './job-watch.service';

/** Streams of what happens to a job, resumed where the caller left off. */
@Injectable()
export class JobEventStreamsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: JobsService,
    private readonly watch: JobWatchService,
    private readonly held: HeldRequestsService,
  ) {}

  /**
   * @param lastEventId the last event that the caller has; one that is not of this job counts as none
   * @returns the job as it is now, with the events after that one, then those to come, until the caller's key ends; `null` when the job has ended and the caller has its last event
   * @throws AppError 404 when the client has no such job of these types, 429 when it holds too many streams
   */
  async open(
    caller: Caller,
    jobId: string,
    types: string[],
    lastEventId: string | undefined,
  ): Promise<{ job: Job; updates: Observable<JobUpdate> } | null> {
    const clientId = caller.client.id;
    const job = await this.jobs.get(clientId, jobId, types);
    const last = await this.find(job, lastEventId);
    if (last?.ends === true && isTerminal(job.state)) return null;
    const held = this.held.take(caller);
    if (held === null) {
      throw new AppError('too_many', 'too_many_streams', 'You hold too many streams and waits open.', {
        retryAfter: 5,
      });
    }
    const updates = this.watch
      .watch(clientId, job.id, last?.position ?? '0')
      .pipe(takeUntil(held.keyEnded), finalize(held.release));
    return { job, updates };
  }

  private async find(
    job: Job,
    eventId: string | undefined,
  ): Promise<{ position: string; ends: boolean } | undefined> {
    if (!isUUID(eventId)) return undefined;
    const rows = await this.dataSource.query<{ position: string; ends: boolean }[]>(
      `SELECT position, terminal AND round = $4 AS ends FROM job_event
       WHERE id = $1 AND job_id = $2 AND client_id = $3`,
      [eventId, job.id, job.client_id, job.round],
    );
    return rows[0];
  }
}
