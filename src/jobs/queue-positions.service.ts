import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Batcher } from '../common/batcher';
import { TtlCache } from '../common/ttl-cache';
import { prepared } from '../database/prepared';
import { waitingClients } from './fair-order';
import { JobTypeRegistry } from './job-type.registry';

/** For how long the position of a client's next job is as good as a new one. */
const FRESH_MS = 250;

/** Pollers of jobs that wait share a statement, but not so many that one waits long for another. */
const TOGETHER = { lanes: 2, most: 16 };

interface Asked {
  clientId: string;
  /** `null` for the job that the client submits next. */
  jobId: string | null;
}

/** What comes before a job that has not started. */
export interface QueuePosition {
  /** How many jobs of each type get their turn before it. */
  ahead: Record<string, number>;
  /** Jobs that are worked on at the same time, now. */
  running: number;
  seconds_until_due: number;
}

const POSITIONS = prepared(
  'job_queue_positions',
  `WITH RECURSIVE ${waitingClients('$3')}
   SELECT position.* FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asked(client, job, number)
   CROSS JOIN LATERAL (
     WITH own AS (
       SELECT run_at FROM job WHERE id = asked.job
     ), before AS (
       SELECT type, count(*) AS jobs FROM job
       WHERE state = 'PENDING' AND client_id = asked.client AND type = ANY($3)
         -- The job that is submitted next comes after all. No OR: the index must be read up to there, and no further.
         AND (run_at, id) < (coalesce((SELECT run_at FROM own), 'infinity'),
           coalesce(asked.job, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
       GROUP BY type
     ), turn AS (
       SELECT coalesce((SELECT sum(jobs) FROM before), 0)
         + coalesce((SELECT jobs FROM running WHERE client_id = asked.client), 0) AS load
     ), others AS (
       SELECT first.type, count(*) AS jobs FROM waiting w LEFT JOIN running r USING (client_id)
       CROSS JOIN LATERAL (
         SELECT type FROM job
         WHERE state = 'PENDING' AND client_id = w.client_id AND type = ANY($3) AND run_at <= now()
         ORDER BY run_at, id LIMIT greatest(0, (SELECT load FROM turn) - coalesce(r.jobs, 0))
       ) first
       WHERE NOT $4 AND w.client_id <> asked.client
       GROUP BY first.type
     ), ahead AS (
       SELECT type, sum(jobs) AS jobs FROM (SELECT * FROM before UNION ALL SELECT * FROM others) all_of_them
       GROUP BY type
     )
     SELECT coalesce((SELECT json_object_agg(type, jobs) FROM ahead), '{}') AS ahead,
       coalesce((SELECT sum(jobs) FROM running WHERE NOT $4 OR client_id = asked.client), 0)::int AS running,
       coalesce(extract(epoch FROM greatest(interval '0', (SELECT run_at FROM own) - now())), 0)::float8
         AS seconds_until_due
   ) position
   ORDER BY asked.number`,
);

/** Computes queue positions, by the fair order of the claims. */
@Injectable()
export class QueuePositionsService {
  private readonly batcher = new Batcher<Asked, QueuePosition>(
    (asked) => this.lookUp(asked, this.registry.names, false),
    TOGETHER,
  );
  private readonly ofNextJobs = new TtlCache<QueuePosition>(() => FRESH_MS);

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** That of the client's next job: looked up a few times a second, and one further back for each job since. */
  async ofNext(clientId: string, type: string): Promise<QueuePosition> {
    const key = `${this.isExternal(type) ? type : ''} ${clientId}`;
    const position = await this.ofNextJobs.get(key, () => this.of(clientId, type, null));
    const now = { ...position, ahead: { ...position.ahead } };
    position.ahead[type] = (position.ahead[type] ?? 0) + 1;
    return now;
  }

  /**
   * What comes before a job: what waits of its own client before it, and of each other client as many as are needed to
   * bring that client to the same number under way. Of a type whose work is done outside, only the client's own: its
   * workers work for nobody else.
   *
   * @param jobId `null` for the job that the client submits next
   */
  async of(clientId: string, type: string, jobId: string | null): Promise<QueuePosition> {
    const asked = { clientId, jobId };
    if (!this.isExternal(type)) return this.batcher.run(asked);
    const [position] = await this.lookUp([asked], [type], true);
    if (position === undefined) throw new Error('Each that is asked for has a position.');
    return position;
  }

  private lookUp(asked: Asked[], types: string[], external: boolean): Promise<QueuePosition[]> {
    const [clients, jobs] = [asked.map(({ clientId }) => clientId), asked.map(({ jobId }) => jobId)];
    return this.dataSource.query(POSITIONS, [clients, jobs, types, external]);
  }

  private isExternal(type: string): boolean {
    return this.registry.find(type)?.external === true;
  }
}
