import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Batcher } from '../common/batcher';
import { TtlCache } from '../common/ttl-cache';
import { prepared } from '../database/prepared';
import { JobTypeRegistry } from './job-type.registry';
import { type ClientLoad, QueueLoad } from './queue-load';

/** For how long the position of a client's next job is as good as a new one. */
const FRESH_MS = 250;
/** For how long a copy of the queue is, and no shorter than so many times what it took to read. */
const COPY_MS = 1_000;
const COPY_TIMES = 20;

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

/** A position among the client's own jobs, by which its place among those of others is computed. */
type OwnPosition = QueuePosition;

const OWN_POSITIONS = prepared(
  'job_queue_positions',
  `SELECT
     coalesce((SELECT json_object_agg(type, jobs) FROM (
       SELECT type, count(*) AS jobs FROM job
       WHERE state = 'PENDING' AND client_id = asked.client AND type = ANY($3)
         -- The job that is submitted next comes after all. No OR: the index must be read up to there, and no further.
         AND (run_at, id) < (coalesce(own.run_at, 'infinity'),
           coalesce(asked.job, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
       GROUP BY type
     ) before), '{}') AS ahead,
     (SELECT count(*)::int FROM job
      WHERE client_id = asked.client AND state = 'IN_PROGRESS' AND type = ANY($3)) AS running,
     coalesce(extract(epoch FROM greatest(interval '0', own.run_at - now())), 0)::float8 AS seconds_until_due
   FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asked(client, job, number)
   LEFT JOIN LATERAL (SELECT run_at FROM job WHERE id = asked.job) own ON true
   ORDER BY asked.number`,
);

/**
 * Computes queue positions, by the fair order of the claims: what waits of the same client before a job, counted, and of
 * each other client as many as are needed to bring that client to the same number under way, from a copy of the queue that
 * is a second old at most, or older where it takes long to read.
 */
@Injectable()
export class QueuePositionsService {
  private readonly own = new Batcher<Asked, OwnPosition>(
    (asked) => this.lookUp(asked, this.registry.names),
    TOGETHER,
  );
  private readonly ofNextJobs = new TtlCache<QueuePosition>(() => FRESH_MS);
  private readonly copies = new TtlCache<{ queue: QueueLoad; tookMs: number }>(({ tookMs }) =>
    Math.max(COPY_MS, COPY_TIMES * tookMs),
  );

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
   * What comes before a job. Of a type whose work is done outside, only the client's own: its workers work for nobody else.
   *
   * @param jobId `null` for the job that the client submits next
   */
  async of(clientId: string, type: string, jobId: string | null): Promise<QueuePosition> {
    const asked = { clientId, jobId };
    if (this.isExternal(type)) {
      const [position] = await this.lookUp([asked], [type]);
      if (position === undefined) throw new Error('Each that is asked for has a position.');
      return position;
    }
    const [own, { queue }] = await Promise.all([this.own.run(asked), this.copies.get('', () => this.copy())]);
    const load = Object.values(own.ahead).reduce((sum, jobs) => sum + jobs, own.running);
    const ahead = queue.aheadOf(clientId, load);
    for (const [name, jobs] of Object.entries(own.ahead)) ahead[name] = (ahead[name] ?? 0) + jobs;
    return { ...own, ahead, running: Math.max(own.running, queue.running) };
  }

  private lookUp(asked: Asked[], types: string[]): Promise<OwnPosition[]> {
    const [clients, jobs] = [asked.map(({ clientId }) => clientId), asked.map(({ jobId }) => jobId)];
    return this.dataSource.query(OWN_POSITIONS, [clients, jobs, types]);
  }

  private async copy(): Promise<{ queue: QueueLoad; tookMs: number }> {
    const from = performance.now();
    const rows = await this.dataSource.query<
      { client_id: string; type: string; state: 'PENDING' | 'IN_PROGRESS'; jobs: number }[]
    >(
      `SELECT client_id, type, state, count(*)::int AS jobs FROM job
       WHERE (state = 'IN_PROGRESS' OR state = 'PENDING' AND run_at <= now()) AND type = ANY($1)
       GROUP BY client_id, type, state`,
      [this.registry.names],
    );
    const clients = new Map<string, ClientLoad>();
    for (const { client_id, type, state, jobs } of rows) {
      const client = clients.get(client_id) ?? { running: 0, waiting: {} };
      if (state === 'PENDING') client.waiting[type] = jobs;
      else client.running += jobs;
      clients.set(client_id, client);
    }
    return { queue: new QueueLoad(clients), tookMs: performance.now() - from };
  }

  private isExternal(type: string): boolean {
    return this.registry.find(type)?.external === true;
  }
}
