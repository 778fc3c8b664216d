import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { NIL_ID } from '../common/ids';
import { AppError, notFound } from '../common/app-error';
import { Batcher } from '../common/batcher';
import { Page, pageSize, PageQuery } from '../common/pagination';
import { CursorsService } from '../database/cursors.service';
import { prepared } from '../database/prepared';
import { Job, JOB_COLUMNS, JobState } from './job';
import { erasedError } from './job-error';
import { JobTransitions } from './job-transitions';
import { JobEntity } from './job.entity';
import type { Actor } from '../clients/audit-entry';
import { JobWakeUps } from './job-wake-ups';
import { JobTypeRegistry } from './job-type.registry';

export interface JobFilter {
  types: string[];
  states?: JobState[] | undefined;
  tag?: string | undefined;
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

/** The clocks of those who give ids and of the database, which says when a job was created, differ by less. */
const CLOCKS = `interval '1 hour'`;

/**
 * The newest of each state and type, and of these the newest: each is a range of an index, so that a filter that finds one
 * among millions costs what one costs that finds all.
 *
 * A range lies between two places, and its order is that of the index, which no other has. By `type = kind.type` the planner, who
 * thinks that each type and state is as frequent as any other, would read one job after the other for one that there is none of.
 *
 * The bounds of the ids are sub-selects and the jobs are looked up one by one, so that the planner compares no ids. For that it
 * walks the ends of the primary key to the first row that is there, through the entries of all that were deleted and not vacuumed
 * yet: more than the work itself.
 */
const list = (jobs: string, times: string): string => `
  SELECT job.* FROM (
    SELECT one.id FROM unnest($3::text[]) AS wanted(state) CROSS JOIN unnest($2::text[]) AS kind(type)
    CROSS JOIN LATERAL (
      SELECT id FROM ${jobs}
      WHERE client_id = $1 AND state = wanted.state
        AND (job.type, id) < (kind.type,
          (SELECT coalesce($6::uuid, first_uuid_v7($5::timestamptz + ${CLOCKS}), 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
        AND (job.type, id) >= (kind.type,
          (SELECT coalesce(first_uuid_v7($4::timestamptz - ${CLOCKS}), '${NIL_ID}')))
        ${times}
      ORDER BY job.type DESC, id DESC LIMIT $7
    ) one ORDER BY one.id DESC LIMIT $7
  ) newest CROSS JOIN LATERAL (SELECT ${JOB_COLUMNS} FROM job WHERE id = newest.id LIMIT 1) job
  ORDER BY job.id DESC`;

/** Those with a tag have an index of their own. */
const OF_TAG = '(SELECT job_id AS id, client_id, state, type, created_at FROM job_tag WHERE tag = $8) job';
const OF_TIMES = `AND ($4::timestamptz IS NULL OR created_at >= $4)
        AND ($5::timestamptz IS NULL OR created_at < $5)`;

/** Without times the index has all that it asks for. */
const LIST = prepared('job_list', list('job', ''));
const LIST_OF_TIMES = list('job', OF_TIMES);
const LIST_OF_TAG = prepared('job_list_of_tag', list(OF_TAG, ''));
const LIST_OF_TAG_AND_TIMES = list(OF_TAG, OF_TIMES);

/** What may be done with jobs that are there: read, list, cancel, retry. Always for one client, but a retry. */
@Injectable()
export class JobsService {
  /** A thousand pollers come at the same time: they share statements. */
  private readonly lookUps = new Batcher<Wanted, Job | undefined>((wanted) => this.lookUp(wanted), {
    lanes: LANES,
    most: MOST_AT_ONCE,
  });

  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(JobEntity) private readonly jobs: Repository<JobEntity>,
    private readonly cursors: CursorsService,
    private readonly transitions: JobTransitions,
    private readonly registry: JobTypeRegistry,
    private readonly wakeUps: JobWakeUps,
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
    const { types, states, tag, createdSince, createdUntil } = filter;
    const hasTimes = createdSince !== undefined || createdUntil !== undefined;
    const all = hasTimes ? LIST_OF_TIMES : LIST;
    const ofTag = hasTimes ? LIST_OF_TAG_AND_TIMES : LIST_OF_TAG;
    const rows = await this.dataSource.query<Job[]>(tag === undefined ? all : ofTag, [
      clientId,
      types,
      [...new Set(states ?? Object.values(JobState))],
      createdSince ?? null,
      createdUntil ?? null,
      before ?? null,
      size + 1,
      ...(tag === undefined ? [] : [tag]),
    ]);
    return this.cursors.page(rows, size, present, (job) => [job.id], of);
  }

  /**
   * Cancels it for its owner.
   *
   * @returns the job: `CANCELLED` when it had not started or was cancelled before; still `IN_PROGRESS`, with
   *   `cancel_requested_at`, when a worker has yet to stop it
   * @throws AppError 409 when it ended otherwise, 404 when the client has no such job
   */
  async cancel(clientId: string, jobId: string): Promise<Job> {
    const job = await this.transitions.cancel(clientId, jobId);
    if (job === null) throw notFound('job');
    if (job.state === JobState.Completed || job.state === JobState.Failed) {
      throw new AppError('conflict', 'already_finished', `The job is ${job.state} and cannot be cancelled.`);
    }
    return job;
  }

  /**
   * Has a failed job tried again, under the same id: an operator's act, the only one here that asks for no client.
   *
   * @returns the job after it
   * @throws AppError 404 when there is no such job, 409 when it has not failed, 410 when what it was about was erased, and
   *   what the type's admission throws
   */
  async retry(actor: Actor, jobId: string): Promise<Job> {
    const { type: name, client_id, parameters, erased_at } = await this.read(jobId);
    const type = this.registry.find(name);
    if (type === undefined) throw notFound('job');
    if (erased_at !== null) throw erasedError('job');
    const deadlineSeconds = await this.registry.admit(type, client_id, parameters);
    const retried = await this.transitions.retry(actor, jobId, deadlineSeconds);
    const job = await this.read(jobId);
    if (!retried)
      throw new AppError('conflict', 'not_failed', `The job is ${job.state}: only a failed one is retried.`);
    this.wakeUps.send();
    return job;
  }

  private async lookUp(wanted: Wanted[]): Promise<(Job | undefined)[]> {
    const rows = await this.dataSource.query<(Job & { place: number })[]>(LOOK_UP, [
      wanted.map(({ jobId }) => jobId),
      wanted.map(({ clientId }) => clientId),
    ]);
    const found = new Map(rows.map(({ place, ...job }) => [place, job]));
    return wanted.map((_, index) => found.get(index + 1));
  }

  private async read(jobId: string): Promise<Job> {
    const job = await this.jobs.findOneBy({ id: jobId });
    if (job === null) throw notFound('job');
    return job;
  }
}
