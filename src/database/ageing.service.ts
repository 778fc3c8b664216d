import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NIL_ID } from '../common/ids';
import { CANCELED, sqlStateOf } from './database-errors';

/** Rows that are read, and those of them removed, by the first statement of a round, and by the largest. */
const [FIRST_PAGE, LARGEST_PAGE] = [250, 2_000];
/** A statement that took longer is followed by a smaller one. With a row go those of other tables, and of them it may have thousands. */
const SLOW_MS = 2_000;
/** More are not counted: the number is for a person. */
const MOST_COUNTED = 1_000_000;
const BEFORE_ALL = NIL_ID;

/** Rows that go by their age. Their ids are UUIDv7, so that the old ones stand together in the primary key. */
export interface Ageing {
  table: 'job' | 'webhook_message' | 'webhook_dead_letter' | 'audit_entry' | 'api_key' | 'order_change';
  /** The column of the ids; `id` by default. */
  id?: 'id' | 'event_id';
  /** For the log: "1,200 ended jobs …". */
  rows: string;
  setting: string;
  days: number;
  /**
   * SQL over a row that was made before the retention began: whether nothing needs it any more.
   *
   * @param cutoff SQL of the time when the retention begins
   */
  isOver: (cutoff: string) => string;
  /** SQL over such a row: what else must be true before it goes, and need not be when its number is said. */
  mayGo?: string;
  /** A statement of SQL over `removed`, the rows that go, which is part of removing them. */
  noting?: string;
}

interface Page {
  /** The id of its last row; `null` where no row is left. */
  last: string | null;
  removed: number;
}

/**
 * Removes what is old, page by page in the order of the ids, each page in a statement that is as large for a thousand rows
 * as for a thousand million. Of several processes one works on a table, and the others go on.
 */
@Injectable()
export class AgeingService {
  private readonly logger = new Logger(AgeingService.name);

  constructor(private readonly dataSource: DataSource) {}

  /** @returns how many rows were removed */
  async remove(ageing: Ageing, stopping: AbortSignal): Promise<number> {
    if (!(await this.mayRemove(ageing))) return 0;
    let all = 0;
    let size = FIRST_PAGE;
    for (let after = BEFORE_ALL; !stopping.aborted;) {
      const from = performance.now();
      const page = await this.removePage(ageing, after, size).catch((error: unknown) => {
        if (size === 1 || sqlStateOf(error) !== CANCELED) throw error;
        return null;
      });
      const isSlow = page === null || performance.now() - from > SLOW_MS;
      size = isSlow ? Math.ceil(size / 4) : Math.min(2 * size, LARGEST_PAGE);
      if (page === null) continue;
      all += page.removed;
      if (page.last === null) break;
      after = page.last;
    }
    if (all > 0) this.logger.log(`${all} ${ageing.rows} older than ${ageing.days} days removed.`);
    return all;
  }

  private async removePage(
    { table, id = 'id', days, isOver, mayGo = 'true', noting }: Ageing,
    after: string,
    size: number,
  ): Promise<Page> {
    const [page] = await this.dataSource.query<Page[]>(
      `WITH turn AS MATERIALIZED (
         SELECT pg_try_advisory_xact_lock(hashtextextended('ageing of ${table}', 0)) AS mine
       ), page AS MATERIALIZED (
         SELECT old.id FROM turn CROSS JOIN LATERAL (
           SELECT ${id} AS id FROM ${table} WHERE turn.mine AND ${id} > $1 AND ${id} < first_uuid_v7(${daysAgo('$2')})
           ORDER BY ${id} LIMIT $3
         ) old
       ), removed AS (
         DELETE FROM ${table} r USING page WHERE r.${id} = page.id AND ${isOver(daysAgo('$2'))} AND ${mayGo} RETURNING r.*
       )${noting === undefined ? '' : `, noted AS (${noting})`}
       SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last, (SELECT count(*)::int FROM removed) AS removed`,
      [after, days, size],
    );
    return page ?? { last: null, removed: 0 };
  }

  /** The first time, and whenever less is to be kept than before, it says so and waits a day. */
  private async mayRemove(ageing: Ageing): Promise<boolean> {
    const { table, rows, days, setting } = ageing;
    const [said] = await this.dataSource.query<{ days: number; may: boolean }[]>(
      `SELECT days, said_at <= now() - interval '1 day' AS may FROM retention WHERE kind = $1`,
      [table],
    );
    if (said?.days === days) return said.may;
    if (said === undefined || said.days > days) {
      const old = await this.count(ageing);
      if (old === 0) return false;
      const number = old > MOST_COUNTED ? `More than ${MOST_COUNTED}` : String(old);
      this.logger.warn(
        `${number} ${rows} are older than ${days} days: they are removed from this time tomorrow on, unless ${setting} says more.`,
      );
    }
    await this.dataSource.query(
      `INSERT INTO retention AS r (kind, days) VALUES ($1, $2)
       ON CONFLICT (kind) DO UPDATE SET days = excluded.days,
         said_at = CASE WHEN excluded.days < r.days THEN now() ELSE r.said_at END`,
      [table, days],
    );
    return said !== undefined && said.days < days && said.may;
  }

  private async count({ table, id = 'id', days, isOver }: Ageing): Promise<number> {
    const [counted] = await this.dataSource.query<{ old: number }[]>(
      `SELECT count(*)::int AS old FROM (
         SELECT FROM ${table} r WHERE ${id} < first_uuid_v7(${daysAgo('$1')}) AND ${isOver(daysAgo('$1'))}
         LIMIT ${MOST_COUNTED + 1}
       ) counted`,
      [days],
    );
    return counted?.old ?? 0;
  }
}

const daysAgo = (parameter: string): string => `now() - make_interval(days => ${parameter})`;
