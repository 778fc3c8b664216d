import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withLogContext } from '../../common/log-context';
import { DeliveryMetrics } from './delivery-metrics';
import { FIRST_PLACE } from './destination';
import { raiseNextDue } from './next-due';

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
  private raisedUpTo = FIRST_PLACE;

  constructor(
    private readonly dataSource: DataSource,
    private readonly metrics: DeliveryMetrics,
  ) {}

  async run(stopping: AbortSignal): Promise<void> {
    const lost = await this.inBatches(
      () => this.takeBack(),
      ({ id, attempt }) => `Attempt ${attempt} of delivery ${id} was taken back from a worker that stopped.`,
      stopping,
    );
    this.metrics.observeInterrupted(lost);
    await this.inBatches(
      () => this.endUnwanted(),
      ({ id }) => `Delivery ${id} was ended: its endpoint is gone or was removed.`,
      stopping,
    );
    await this.inBatches(
      () => this.giveUp(),
      ({ id, attempt }) => `Delivery ${id} was given up after ${attempt} attempt(s): its time is over.`,
      stopping,
    );
    await this.forgetRemoved();
    await this.raiseIdle(stopping);
  }

  /** As long as there are some next to each other; the next round goes on from there. */
  private async raiseIdle(stopping: AbortSignal): Promise<void> {
    for (let raised = 1; raised > 0 && !stopping.aborted;)
      ({ raised, after: this.raisedUpTo } = await raiseNextDue(this.dataSource, this.raisedUpTo));
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

  /** What was still to be sent to endpoints that answered 410 or were removed. */
  private endUnwanted(): Promise<Repaired[]> {
    return this.dataSource.query<Repaired[]>(
      `WITH over AS (
         SELECT id, 'endpoint_removed' AS failure FROM removed_destination
         UNION ALL
         SELECT id, 'gone' FROM webhook_destination WHERE disabled_reason = 'gone' AND next_due_at < 'infinity'
       ), unwanted AS (
         SELECT d.client_id, d.id, over.failure FROM over CROSS JOIN LATERAL (
           SELECT client_id, id FROM delivery WHERE state = 'PENDING' AND destination_id = over.id
           ORDER BY epoch, position LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
         ) d LIMIT ${BATCH}
       ), changed AS (
         UPDATE delivery d SET state = 'EXHAUSTED', finished_at = now(), failure = u.failure FROM unwanted u
         WHERE d.client_id = u.client_id AND d.id = u.id RETURNING d.*
       )
       ${REPAIRED}`,
    );
  }

  /** Nothing comes to a destination that was removed: once nothing waits for it any more, nothing will. */
  private async forgetRemoved(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM removed_destination r
       WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = r.id)`,
    );
  }

  /** What waits for a destination that asked for a rest is late only after it. */
  private giveUp(): Promise<Repaired[]> {
    return this.dataSource.query<Repaired[]>(
      `WITH late AS (
         SELECT d.client_id, d.id, t.keep_until FROM delivery d LEFT JOIN webhook_destination t ON t.id = d.destination_id
         -- That is, state = 'PENDING', as the index by this time says it: claims must not take it for one of theirs.
         WHERE starts_with(d.state, 'PENDING') AND d.give_up_at < now()
         ORDER BY d.give_up_at LIMIT ${BATCH} FOR UPDATE OF d SKIP LOCKED
       ), kept AS (
         UPDATE delivery d SET give_up_at = late.keep_until FROM late
         WHERE d.client_id = late.client_id AND d.id = late.id AND late.keep_until > now()
       ), changed AS (
         UPDATE delivery d SET state = 'EXHAUSTED', finished_at = now() FROM late
         WHERE d.client_id = late.client_id AND d.id = late.id AND (late.keep_until > now()) IS NOT TRUE RETURNING d.*
       )
       ${REPAIRED}`,
    );
  }

  /** Batch by batch, until one is not full. */
  private async inBatches(
    repair: () => Promise<Repaired[]>,
    describe: (delivery: Repaired) => string,
    stopping: AbortSignal,
  ): Promise<number> {
    let all = 0;
    for (let repaired = BATCH; repaired === BATCH && !stopping.aborted; all += repaired) {
      const deliveries = await repair();
      repaired = deliveries.length;
      for (const delivery of deliveries) {
        const { request_id, job_id, id } = delivery;
        withLogContext({ request_id, job_id, delivery_id: id }, () => this.logger.warn(describe(delivery)));
      }
    }
    return all;
  }
}
