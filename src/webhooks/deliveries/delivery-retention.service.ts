import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Loop } from '../../common/loop';

const ROUND_MS = 60_000;
/** How long events and their deliveries can be read. */
const RETENTION_DAYS = 30;
const BATCH = 500;
/** Whether a destination is still in use is found by reading every delivery: seldom. */
const DESTINATIONS_EVERY_MS = 3_600_000;

/** Removes events with their deliveries and attempts, destinations and secrets that are old. */
@Injectable()
export class DeliveryRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DeliveryRetention.name);
  private readonly loop = new Loop('removal of old deliveries', ROUND_MS, () => this.round(), this.logger);
  private stopping = false;
  private destinationsAt = 0;

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.loop.stop();
  }

  private async round(): Promise<void> {
    let removed = 0;
    for (let batch = BATCH; batch === BATCH && !this.stopping;) {
      batch = await this.removeMessages();
      removed += batch;
    }
    if (removed > 0) this.logger.log(`${removed} event(s) older than ${RETENTION_DAYS} days removed.`);
    await this.dataSource.query(`DELETE FROM webhook_secret WHERE expires_at < now() - interval '1 day'`);
    if (Date.now() - this.destinationsAt < DESTINATIONS_EVERY_MS) return;
    this.destinationsAt = Date.now();
    await this.removeDestinations();
  }

  /** Their deliveries and attempts go with them. What is still to be delivered stays. */
  private async removeMessages(): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH removed AS (
         DELETE FROM webhook_message WHERE id IN (
           SELECT id FROM webhook_message m WHERE created_at < now() - make_interval(days => ${RETENTION_DAYS})
             AND NOT EXISTS (SELECT FROM delivery d WHERE d.message_id = m.id AND d.state IN ('PENDING', 'DELIVERING'))
           ORDER BY created_at LIMIT ${BATCH})
         RETURNING id
       ) SELECT id FROM removed`,
    );
    return rows.length;
  }

  /** Of URLs that are no endpoint, and that no delivery is about any more. */
  private async removeDestinations(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM webhook_destination t WHERE id IN (
         SELECT id FROM webhook_destination o
         WHERE endpoint_id IS NULL AND created_at < now() - make_interval(days => ${RETENTION_DAYS})
           AND NOT EXISTS (SELECT FROM delivery d WHERE d.destination_id = o.id)
         FOR UPDATE SKIP LOCKED)`,
    );
  }
}
