import { Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { sqlStateOf } from '../../database/database-errors';

const LOCK_NOT_AVAILABLE = '55P03';
const LOCK_WITHIN = '5s';
const MOST_TRIES = 24;

/** A number of a transaction of this cluster as a number of the feed, in SQL: never below those of a cluster before. */
const inFeed = (transaction: string): string =>
  `(SELECT (${transaction}::text::bigint + number_offset)::text::xid8 FROM feed_epoch)`;

/** What an event that is written now gets. Once for each statement: a function would cost each row 30 microseconds. */
export const NUMBER_IN_FEED = inFeed('pg_current_xact_id()');

/** Below it every event of the feed is final: the oldest transaction that is still open. */
export const FINAL_BELOW = inFeed('pg_snapshot_xmin(pg_current_snapshot())');

/** Every event that is written by now is below it. */
export const WRITTEN_BELOW = inFeed('pg_snapshot_xmax(pg_current_snapshot())');

/**
 * The highest number in use, where it is above the next one to be given: of another cluster. One look at the end of each
 * client's feed.
 */
const OF_ANOTHER_CLUSTER = `
  SELECT max(last.transaction_id::text::bigint) AS highest
  FROM client c CROSS JOIN LATERAL (
    SELECT transaction_id FROM webhook_message m WHERE m.client_id = c.id
    ORDER BY transaction_id DESC, position DESC LIMIT 1
  ) last
  WHERE last.transaction_id >= ${WRITTEN_BELOW}`;

/**
 * Keeps the order of the event feed after a dump was restored into another cluster, whose transactions have lower numbers
 * than those that the events were stored with: they would stay hidden, and what happens now would come before them. From
 * then on the numbers begin above the highest that is stored; no event is touched, however many there are. Before
 * anything is published or read.
 */
@Injectable()
export class FeedOrderService implements OnModuleInit {
  private readonly logger = new Logger(FeedOrderService.name);

  constructor(private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    if ((await highestOfAnother(this.dataSource.manager)) === null) return;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.dataSource.transaction((manager) => this.beginAbove(manager));
        return;
      } catch (error) {
        if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE || tries === MOST_TRIES) throw error;
        this.logger.warn(
          'Waiting for whoever writes events, to number the event feed of another cluster ...',
        );
      }
    }
  }

  private async beginAbove(manager: EntityManager): Promise<void> {
    await manager.query(`SET LOCAL lock_timeout = '${LOCK_WITHIN}'`);
    // Nobody writes an event in between, and another process that started together with this one may have done it.
    await manager.query('LOCK TABLE webhook_message IN SHARE ROW EXCLUSIVE MODE');
    const highest = await highestOfAnother(manager);
    if (highest === null) return;
    const offset = (BigInt(highest) + 1n).toString();
    await manager.query('UPDATE feed_epoch SET number_offset = $1', [offset]);
    this.logger.warn(
      `The event feed comes from another database cluster: its order is kept, new events are numbered from ${offset} on.`,
    );
  }
}

async function highestOfAnother(manager: EntityManager): Promise<string | null> {
  const [row] = await manager.query<{ highest: string | null }[]>(OF_ANOTHER_CLUSTER);
  return row?.highest ?? null;
}
