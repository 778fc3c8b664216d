import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DeliveryMetrics } from './delivery-metrics';

const BATCH = 500;

/** Repairs what died, and ends what can no longer be delivered. */
@Injectable()
export class DeliveryRepairsService {
  private readonly logger = new Logger(DeliveryRepairsService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: DeliveryMetrics,
  ) {}

  async run(): Promise<void> {
    const lost = await this.takeBack();
    if (lost > 0) this.logger.warn(`${lost} delivery attempt(s) taken back from workers that stopped.`);
    const exhausted = await this.giveUp();
    if (exhausted > 0) this.logger.warn(`${exhausted} delivery(ies) given up.`);
  }

  /** The receiver may have got it: it gets it again, with the same id, rather than never. */
  private async takeBack(): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH dead AS (
         SELECT client_id, id FROM delivery WHERE state = 'DELIVERING' AND lease_until < now() LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE delivery d SET lease_owner = NULL, lease_until = NULL, due_at = now(),
           state = CASE WHEN destination_id IS NULL THEN 'EXHAUSTED' ELSE 'PENDING' END,
           finished_at = CASE WHEN destination_id IS NULL THEN now() END, failure = 'interrupted'
         FROM dead WHERE d.client_id = dead.client_id AND d.id = dead.id
         RETURNING d.id, d.attempt
       )
       INSERT INTO delivery_attempt (delivery_id, attempt, started_at, outcome, timings, detail, next_attempt_at)
       SELECT id, attempt, now(), 'interrupted', '{}', 'The worker stopped before it knew the answer.', now() FROM changed
       RETURNING delivery_id`,
    );
    this.metrics.observeInterrupted(rows.length);
    return rows.length;
  }

  private async giveUp(): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH late AS (
         SELECT client_id, id FROM delivery WHERE state = 'PENDING' AND give_up_at < now() LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE delivery d SET state = 'EXHAUSTED', finished_at = now() FROM late
         WHERE d.client_id = late.client_id AND d.id = late.id RETURNING d.id
       ) SELECT id FROM changed`,
    );
    return rows.length;
  }
}
