import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Batcher } from '../common/batcher';
import { prepared } from '../database/prepared';
import { isDataAtFault } from '../database/database-errors';
import { JOB_COLUMNS, Job, JobRequest } from './job';
import { writeEvent } from './job-sql';

/** A job to be, named like its columns. */
export interface NewJob {
  id: string;
  client_id: string;
  type: string;
  request: JobRequest;
  /** Of the HTTP request that submitted it. */
  request_id: string | null;
  /** `null` for none, as with the tags. */
  metadata: Record<string, string> | null;
  tags: string[] | null;
  parameters: object;
  idempotency_key: string | null;
  /** Hexadecimal. */
  idempotency_hash: string | null;
  max_failures: number;
  max_crashes: number;
  steps: readonly string[];
  deadline_seconds: number;
  callback_url: string | null;
  estimated_seconds: number;
}

const LANES = 2;
const MOST_AT_ONCE = 100;

/**
 * Writes new jobs with their first events. Those that come at the same time share a statement and with it a commit, which
 * is most of what an acceptance costs; each is answered once that is durable.
 */
@Injectable()
export class JobInserts {
  private readonly batcher = new Batcher<NewJob, Job | undefined>((jobs) => this.insert(jobs), {
    lanes: LANES,
    most: MOST_AT_ONCE,
    mayBeOfOne: isDataAtFault,
  });

  constructor(private readonly dataSource: DataSource) {}

  /** @returns the job; `undefined` when the client has one with this idempotency key already */
  add(job: NewJob): Promise<Job | undefined> {
    return this.batcher.run(job);
  }

  private async insert(jobs: NewJob[]): Promise<(Job | undefined)[]> {
    const rows = await this.dataSource.query<Job[]>(INSERT, [JSON.stringify(inOrderOfKeys(jobs))]);
    const made = new Map(rows.map((job) => [job.id, job]));
    return jobs.map(({ id }) => made.get(id));
  }
}

const INSERT = prepared(
  'job_insert',
  `
  WITH submitted AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS submitted(id uuid, client_id uuid, type text, request json, request_id text,
      metadata json, tags text[], parameters jsonb, idempotency_key text, idempotency_hash text, max_failures smallint, max_crashes smallint, steps text[],
      deadline_seconds float8, callback_url text, estimated_seconds float8)
  ), keys AS (
    INSERT INTO idempotency_key (client_id, key, hash, job_id)
    SELECT client_id, idempotency_key, decode(idempotency_hash, 'hex'), id FROM submitted WHERE idempotency_key IS NOT NULL
    ON CONFLICT (client_id, key) DO NOTHING
    RETURNING job_id
  ), changed AS (
    INSERT INTO job (id, client_id, type, request, request_id, metadata, tags, parameters, max_failures, max_crashes, steps,
      deadline_at, callback_url, estimated_end_at)
    SELECT id, client_id, type, request, request_id, coalesce(metadata, '{}'), coalesce(tags, '{}'), parameters,
      max_failures, max_crashes, steps,
      now() + make_interval(secs => deadline_seconds), callback_url, now() + make_interval(secs => estimated_seconds)
    FROM submitted WHERE idempotency_key IS NULL OR id IN (SELECT job_id FROM keys)
    RETURNING *
  ), ${writeEvent(`'accepted'`)}
  SELECT ${JOB_COLUMNS} FROM changed`,
);

/** Two processes that insert the same keys wait for each other's; in the same order, never each for the other. */
function inOrderOfKeys(jobs: NewJob[]): NewJob[] {
  const key = ({ client_id, idempotency_key }: NewJob): string => `${client_id} ${idempotency_key ?? ''}`;
  return [...jobs].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
