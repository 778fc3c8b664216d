import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/app-config';
import { AgeingService } from '../../database/ageing.service';

/** Destinations that one statement removes. */
const BATCH = 1_000;

/** Removes messages with their deliveries and attempts, destinations and secrets that are old. */
@Injectable()
export class DeliveryRetentionService {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly ageing: AgeingService,
  ) {}

  /** Their deliveries and attempts go with them. What is still to be delivered stays. How far it went is noted, for proofs. */
  async removeMessages(stopping: AbortSignal): Promise<void> {
    await this.ageing.remove(
      {
        table: 'webhook_message',
        rows: 'messages',
        setting: 'EVENT_RETENTION_DAYS',
        days: this.config.eventRetentionDays,
        isOver: (cutoff) => `r.created_at < ${cutoff} AND NOT EXISTS (
          SELECT FROM delivery d WHERE d.message_id = r.id AND d.state IN ('PENDING', 'DELIVERING'))`,
        noting: `UPDATE retention SET removed_up_to = newest.occurred_at
          FROM (SELECT max(occurred_at) AS occurred_at FROM removed) newest
          WHERE kind = 'webhook_message' AND newest.occurred_at > coalesce(removed_up_to, '-infinity')`,
      },
      stopping,
    );
  }

  /** Whoever is to look at an event that could not become a message has as long for it as others have to read one. */
  async removeSetAside(stopping: AbortSignal): Promise<void> {
    await this.ageing.remove(
      {
        table: 'webhook_dead_letter',
        id: 'event_id',
        rows: 'events that could not become messages',
        setting: 'EVENT_RETENTION_DAYS',
        days: this.config.eventRetentionDays,
        isOver: (cutoff) => `r.created_at < ${cutoff}`,
      },
      stopping,
    );
  }

  async removeSecrets(): Promise<void> {
    await this.dataSource.query(`DELETE FROM webhook_secret WHERE expires_at < now() - interval '1 day'`);
  }

  /** Of URLs that are no endpoint and that nothing was sent to for as long as messages are kept. */
  async removeDestinations(stopping: AbortSignal): Promise<void> {
    for (let removed = BATCH; removed === BATCH && !stopping.aborted;) {
      const rows = await this.dataSource.query<unknown[]>(
        `WITH removed AS (
           DELETE FROM webhook_destination WHERE id IN (
             SELECT id FROM webhook_destination t
             WHERE endpoint_id IS NULL AND last_used_at < now() - make_interval(days => $1)
               AND NOT EXISTS (SELECT FROM delivery d WHERE d.destination_id = t.id AND d.state = 'PENDING')
               AND NOT EXISTS (SELECT FROM delivery d WHERE d.destination_id = t.id AND d.state = 'DELIVERING')
             ORDER BY last_used_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
           RETURNING id
         ) SELECT FROM removed`,
        // Whoever uses one notes it once a day.
        [this.config.eventRetentionDays + 1],
      );
      removed = rows.length;
    }
  }
}
