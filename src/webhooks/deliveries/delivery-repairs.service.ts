import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withLogContext } from '../../common/log-context';
import { DeliveryMetrics } from './delivery-metrics';

const BATCH = 500;

interface Repaired {
  id: string;
  attempt: number;
  /** What the delivery is about. */
  job_id: string | null;
  request_id: string | null;
}

/** The part of a statement that returns the rows of its CTE `changed` (whole deliveries) as they are logged. */
const REPAIRED = `SELECT c.id, c.attempt, m.job_id, j.request_id
  FROM changed c JOIN webhook_message m ON m.id = c.message_id LEFT JOIN job j ON j.id = m.job_id`;

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
    this.metrics.observeInterrupted(lost.length);
    this.log(
      lost,
      ({ id, attempt }) => `Attempt ${attempt} of delivery ${id} was taken back from a worker that stopped.`,
    );
    const exhausted = await this.giveUp();
    this.log(
      exhausted,
      ({ id, attempt }) => `Delivery ${id} was given up after ${attempt} attempt(s): its time is over.`,
    );
  }

  /** The receiver may have got it: it gets it again, with the same id, rather than never. */
  private takeBack(): Promise<Repaired[]> {
    return this.dataSource.query<Repaired[]>(
      `WITH dead AS (
         SELECT client_id, id FROM delivery WHERE state = 'DELIVERING' AND lease_until < now() LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE delivery d SET lease_owner = NULL, lease_until = NULL, due_at = now(),
           state = CASE WHEN destination_id IS NULL THEN 'EXHAUSTED' ELSE 'PENDING' END,
           finished_at = CASE WHEN destination_id IS NULL THEN now() END, failure = 'interrupted'
         FROM dead WHERE d.client_id = dead.client_id AND d.id = dead.id
         RETURNING d.*
       ), interrupted AS (
         INSERT INTO delivery_attempt (delivery_id, attempt, started_at, outcome, timings, detail, next_attempt_at)
         SELECT id, attempt, now(), 'interrupted', '{}', 'The worker stopped before it knew the answer.', now() FROM changed
       )
       ${REPAIRED}`,
    );
  }

  private giveUp(): Promise<Repaired[]> {
    return this.dataSource.query<Repaired[]>(
      `WITH late AS (
         SELECT client_id, id FROM delivery WHERE state = 'PENDING' AND give_up_at < now() LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       ), changed AS (
         UPDATE delivery d SET state = 'EXHAUSTED', finished_at = now() FROM late
         WHERE d.client_id = late.client_id AND d.id = late.id RETURNING d.*
       )
       ${REPAIRED}`,
    );
  }

  private log(deliveries: Repaired[], describe: (delivery: Repaired) => string): void {
    for (const delivery of deliveries) {
      const { request_id, job_id, id } = delivery;
      withLogContext({ request_id, job_id, delivery_id: id }, () => this.logger.warn(describe(delivery)));
    }
  }
}
