import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How long events and their deliveries can be read. */
const RETENTION_DAYS = 30;
const BATCH = 500;

/** Removes events with their deliveries and attempts, destinations and secrets that are old. */
@Injectable()
export class DeliveryRetentionService {
  private readonly logger = new Logger(DeliveryRetentionService.name);

  constructor(private readonly dataSource: DataSource) {}

  async removeEvents(stopping: AbortSignal): Promise<void> {
    let removed = 0;
    for (let batch = BATCH; batch === BATCH && !stopping.aborted;) {
      batch = await this.removeMessages();
      removed += batch;
    }
    if (removed > 0) this.logger.log(`${removed} event(s) older than ${RETENTION_DAYS} days removed.`);
  }

  async removeSecrets(): Promise<void> {
    await this.dataSource.query(`DELETE FROM webhook_secret WHERE expires_at < now() - interval '1 day'`);
  }

  /** Of URLs that are no endpoint, and that no delivery is about any more. */
  async removeDestinations(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM webhook_destination t WHERE id IN (
         SELECT id FROM webhook_destination o
         WHERE endpoint_id IS NULL AND created_at < now() - make_interval(days => ${RETENTION_DAYS})
           AND NOT EXISTS (SELECT FROM delivery d WHERE d.destination_id = o.id)
         FOR UPDATE SKIP LOCKED)`,
    );
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
}
