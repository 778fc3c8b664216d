import { Injectable, Logger, OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Numbers above the next one to be given: of another cluster. One look at the end of each client's feed. */
const FROM_ANOTHER_CLUSTER = `
  SELECT EXISTS (
    SELECT FROM client c CROSS JOIN LATERAL (
      SELECT transaction_id FROM webhook_message m WHERE m.client_id = c.id
      ORDER BY transaction_id DESC, position DESC LIMIT 1
    ) last
    WHERE last.transaction_id >= pg_snapshot_xmax(pg_current_snapshot())
  ) AS found`;

/**
 * Repairs the order of the pull twin after a dump was restored into another cluster, whose transactions have lower
 * numbers than those that the events were stored with: they would stay hidden, and what happens now would come before
 * them. Before anything is told or read.
 */
@Injectable()
export class FeedOrder implements OnModuleInit {
  private readonly logger = new Logger(FeedOrder.name);

  constructor(private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    if (!(await this.isBroken())) return;
    await this.dataSource.transaction(async (manager) => {
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('order of the feed', 0))`);
      // Another process that started together with this one may have done it.
      if (!(await this.isBroken())) return;
      const [, events] = await manager.query<[unknown[], number]>(
        `UPDATE webhook_message m SET transaction_id = '0', position = o.place
         FROM (SELECT id, row_number() OVER (ORDER BY transaction_id, position) AS place FROM webhook_message) o
         WHERE m.id = o.id`,
      );
      this.logger.warn(
        `${events} event(s) come from another database cluster: their order is kept, numbered anew.`,
      );
    });
  }

  private async isBroken(): Promise<boolean> {
    const [row] = await this.dataSource.query<{ found: boolean }[]>(FROM_ANOTHER_CLUSTER);
    return row?.found === true;
  }
}
