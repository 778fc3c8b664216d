import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { clientsInLine } from './fair-order';
import { JobTypeRegistry } from './job-type.registry';

/** For how long a look at the line is as good as a new one. */
const FRESH_MS = 250;
const MOST_LINES = 10_000;

/** Where a job stands that has not started. */
export interface Place {
  /** How many jobs of each type get their turn before it. */
  ahead: Record<string, number>;
  /** Jobs that are worked on at the same time, now. */
  running: number;
  seconds_until_due: number;
}

/** Tells where jobs stand in line, by the fair order of the claims. */
@Injectable()
export class JobLine {
  private readonly ends = new Map<string, { place: Place; seenAt: number }>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** The place of the client's next job: looked up a few times a second, and one further back for each job since. */
  async end(clientId: string, type: string): Promise<Place> {
    const key = `${this.isExternal(type) ? type : ''} ${clientId}`;
    const known = this.ends.get(key);
    if (known !== undefined && Date.now() - known.seenAt < FRESH_MS) {
      const { ahead } = known.place;
      ahead[type] = (ahead[type] ?? 0) + 1;
      return known.place;
    }
    const place = await this.place(clientId, type, null);
    if (this.ends.size >= MOST_LINES) this.ends.clear();
    this.ends.set(key, { place, seenAt: Date.now() });
    return place;
  }

  /**
   * What comes before a job: what waits of its own client before it, and of each other client as many as are needed to
   * bring that client to the same number under way. Of a type whose work is done outside, only the client's own: its
   * workers work for nobody else.
   *
   * @param jobId `null` for the job that the client submits next
   */
  async place(clientId: string, type: string, jobId: string | null): Promise<Place> {
    const external = this.isExternal(type);
    const rows = await this.dataSource.query<Place[]>(
      `WITH RECURSIVE ${clientsInLine('$3')}, own AS (
         SELECT run_at FROM job WHERE id = $2
       ), before AS (
         SELECT type, count(*) AS jobs FROM job
         WHERE state = 'PENDING' AND client_id = $1 AND type = ANY($3)
           AND ($2::uuid IS NULL OR (run_at, id) < ((SELECT run_at FROM own), $2::uuid))
         GROUP BY type
       ), turn AS (
         SELECT coalesce((SELECT sum(jobs) FROM before), 0)
           + coalesce((SELECT jobs FROM running WHERE client_id = $1), 0) AS load
       ), others AS (
         SELECT first.type, count(*) AS jobs FROM waiting w LEFT JOIN running r USING (client_id)
         CROSS JOIN LATERAL (
           SELECT type FROM job
           WHERE state = 'PENDING' AND client_id = w.client_id AND type = ANY($3) AND run_at <= now()
           ORDER BY run_at, id LIMIT greatest(0, (SELECT load FROM turn) - coalesce(r.jobs, 0))
         ) first
         WHERE NOT $4 AND w.client_id <> $1
         GROUP BY first.type
       ), ahead AS (
         SELECT type, sum(jobs) AS jobs FROM (SELECT * FROM before UNION ALL SELECT * FROM others) all_of_them
         GROUP BY type
       )
       SELECT coalesce((SELECT json_object_agg(type, jobs) FROM ahead), '{}') AS ahead,
         coalesce((SELECT sum(jobs) FROM running WHERE NOT $4 OR client_id = $1), 0)::int AS running,
         coalesce(extract(epoch FROM greatest(interval '0', (SELECT run_at FROM own) - now())), 0)::float8
           AS seconds_until_due`,
      [clientId, jobId, external ? [type] : this.registry.names, external],
    );
    return rows[0] ?? { ahead: {}, running: 0, seconds_until_due: 0 };
  }

  private isExternal(type: string): boolean {
    return this.registry.find(type)?.external === true;
  }
}
