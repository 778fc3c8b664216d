import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../common/app-error';
import { decodeCursor, Page, pageSize, PageQuery, toPage } from '../common/pagination';
import { JOB_COLUMNS, Job } from './job';
import type { JobState } from './job-state';

export interface JobFilter {
  types: string[];
  states?: JobState[] | undefined;
  createdSince?: string | undefined;
  createdUntil?: string | undefined;
}

/** Reads jobs, always for one client. */
@Injectable()
export class JobQueries {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws AppError 404 when the client has no such job; the same when it is another client's */
  async get(clientId: string, jobId: string, types: string[]): Promise<Job> {
    const rows = await this.dataSource.query<Job[]>(
      `SELECT ${JOB_COLUMNS} FROM job WHERE id = $1 AND client_id = $2 AND type = ANY($3)`,
      [jobId, clientId, types],
    );
    if (rows[0] === undefined) throw notFound('job');
    return rows[0];
  }

  /** Newest first, keyset-paginated by the id, which sorts by time. */
  async list<T>(
    clientId: string,
    filter: JobFilter,
    query: PageQuery,
    present: (job: Job) => T,
  ): Promise<Page<T>> {
    const [before] = decodeCursor(query.cursor, 1, filter) ?? [];
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
    return toPage(rows, size, present, (job) => [job.id], filter);
  }
}
