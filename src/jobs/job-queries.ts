import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../common/app-error';
import { Batcher } from '../common/batcher';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { Cursors } from '../database/cursors.service';
import { prepared } from '../database/prepared';
import { JOB_COLUMNS, Job } from './job';
import type { JobState } from './job-state';

export interface JobFilter {
  types: string[];
  states?: JobState[] | undefined;
  createdSince?: string | undefined;
  createdUntil?: string | undefined;
}

interface Wanted {
  clientId: string;
  jobId: string;
}

const LANES = 2;
const MOST_AT_ONCE = 200;

const LOOK_UP = prepared(
  'job_look_up',
  `SELECT place::int, ${JOB_COLUMNS}
       FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted(job, client, place)
       JOIN job ON id = wanted.job AND client_id = wanted.client`,
);

/** Reads jobs, always for one client. */
@Injectable()
export class JobQueries {
  /** A thousand pollers come at the same time: they share statements. */
  private readonly lookUps = new Batcher<Wanted, Job | undefined>((wanted) => this.lookUp(wanted), {
    lanes: LANES,
    most: MOST_AT_ONCE,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly cursors: Cursors,
  ) {}

  /** @throws AppError 404 when the client has no such job; the same when it is another client's */
  async get(clientId: string, jobId: string, types: string[]): Promise<Job> {
    const job = await this.lookUps.run({ clientId, jobId });
    if (job === undefined || !types.includes(job.type)) throw notFound('job');
    return job;
  }

  /** Whether the client has this job, of whatever type. */
  async exists(clientId: string, jobId: string): Promise<boolean> {
    return (await this.lookUps.run({ clientId, jobId })) !== undefined;
  }

  /** Newest first, keyset-paginated by the id, which sorts by time. */
  async list<T>(
    clientId: string,
    filter: JobFilter,
    query: PageQuery,
    present: (job: Job) => T,
  ): Promise<Page<T>> {
    const of = { list: 'jobs', clientId, filters: { ...filter } };
    const [before] = await this.cursors.read(query.cursor, ['id'], of);
    const size = pageSize(query);
    const rows = await this.dataSource.query<Job[]>(
      `SELECT ${JOB_COLUMNS} FROM job
       WHERE client_id = $1
         AND type = ANY($2)
         AND ($3::text[] IS NULL OR state = ANY($3))
         AND ($4::timestamptz IS NULL OR created_at >= $4)
         AND ($5::timestamptz IS NULL OR created_at < $5)
         AND ($6::uuid IS NULL OR id < $6)
       ORDER BY id DESC LIMIT $7`,
      [
        clientId,
        filter.types,
        filter.states ?? null,
        filter.createdSince ?? null,
        filter.createdUntil ?? null,
        before ?? null,
        size + 1,
      ],
    );
    return this.cursors.page(rows, size, present, (job) => [job.id], of);
  }

  private async lookUp(wanted: Wanted[]): Promise<(Job | undefined)[]> {
    const rows = await this.dataSource.query<(Job & { place: number })[]>(LOOK_UP, [
      wanted.map(({ jobId }) => jobId),
      wanted.map(({ clientId }) => clientId),
    ]);
    const found = new Map(rows.map(({ place, ...job }) => [place, job]));
    return wanted.map((_, index) => found.get(index + 1));
  }
}
