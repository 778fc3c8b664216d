import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Actor, recordAct } from '../../clients/audit-entry';
import { notFound } from '../../common/app-error';
import { Page, pageSize } from '../../common/pagination';
import { AppConfig } from '../../config/app-config';
import { CursorsService } from '../../database/cursors.service';
import { Delivery, DeliveryAttemptRow, SELECT_DELIVERY } from './delivery';
import { DeliveryWakeUps } from './delivery-wake-ups';
import type { DeliveryListQuery } from './delivery-list.query';
import { REDELIVERY_TARGET, RedeliveryTarget, refusalOf } from './redelivery';
import { CIRCUIT_OPENS_AFTER, giveUpAfter } from './retry-policy';

/** The log of deliveries, always for one client, and their repetition. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly wakeUps: DeliveryWakeUps,
    private readonly cursors: CursorsService,
  ) {}

  /** Newest first. */
  async list<T>(
    clientId: string,
    query: DeliveryListQuery,
    present: (delivery: Delivery) => T,
  ): Promise<Page<T>> {
    const { status, endpoint_id, event_id, job_id } = query;
    const of = { list: 'deliveries', clientId, filters: { status, endpoint_id, event_id, job_id } };
    const [before] = await this.cursors.read(query.cursor, ['id'], of);
    const size = pageSize(query);
    const rows = await this.dataSource.query<Delivery[]>(
      `${SELECT_DELIVERY}
       WHERE d.client_id = $1
         AND ($2::text[] IS NULL OR d.state = ANY($2))
         AND ($3::uuid IS NULL OR d.endpoint_id = $3)
         AND ($4::uuid IS NULL OR d.message_id = $4)
         AND ($5::uuid IS NULL OR m.job_id = $5)
         AND ($6::uuid IS NULL OR d.id < $6)
       ORDER BY d.id DESC LIMIT $7`,
      [
        clientId,
        status ?? null,
        endpoint_id ?? null,
        event_id ?? null,
        job_id ?? null,
        before ?? null,
        size + 1,
      ],
    );
    return this.cursors.page(rows, size, present, ({ id }) => [id], of);
  }

  /** @throws AppError 404 */
  async get(clientId: string, id: string): Promise<Delivery> {
    const rows = await this.dataSource.query<Delivery[]>(
      `${SELECT_DELIVERY} WHERE d.id = $1 AND d.client_id = $2`,
      [id, clientId],
    );
    if (rows[0] === undefined) throw notFound('delivery');
    return rows[0];
  }

  async attemptsOf(delivery: Delivery): Promise<DeliveryAttemptRow[]> {
    return this.dataSource.query(
      `SELECT attempt, started_at, outcome, status, address, timings, detail, response, next_attempt_at
       FROM delivery_attempt WHERE delivery_id = $1 ORDER BY attempt`,
      [delivery.id],
    );
  }

  async ofMessage(clientId: string, messageId: string): Promise<Delivery[]> {
    return this.dataSource.query(`${SELECT_DELIVERY} WHERE d.message_id = $1 AND d.client_id = $2`, [
      messageId,
      clientId,
    ]);
  }

  /**
   * Delivers again, with the same id and the same bytes and a fresh schedule; one that still waits is tried at once. A
   * destination that rests because it only failed is asked whether it works again; one that asked for a rest has it.
   *
   * @throws AppError 404; 409 while an attempt is under way, or when its endpoint was removed or gets nothing
   */
  async redeliver(actor: Actor, id: string): Promise<Delivery> {
    const { clientId } = actor;
    await this.dataSource.transaction(async (manager) => {
      // Before the delivery, as those who claim hold them.
      await manager.query(
        `SELECT FROM webhook_destination t JOIN delivery d ON d.destination_id = t.id
         WHERE d.id = $1 AND d.client_id = $2 FOR NO KEY UPDATE OF t`,
        [id, clientId],
      );
      const [target] = await manager.query<RedeliveryTarget[]>(REDELIVERY_TARGET, [id, clientId]);
      if (target === undefined) throw notFound('delivery');
      const refusal = refusalOf(target);
      if (refusal !== null) throw refusal;
      await manager.query(
        `UPDATE delivery SET state = 'PENDING', failures = 0, due_at = now(), finished_at = NULL,
           give_up_at = now() + make_interval(secs => $3)
         WHERE id = $1 AND client_id = $2`,
        [id, clientId, giveUpAfter(this.config.callbackRetrySchedule) / 1_000],
      );
      await manager.query(
        `UPDATE webhook_destination SET paused_until = now()
         WHERE id = $1 AND paused_until > now() AND (failures >= $2 OR disabled_reason = 'failing')`,
        [target.destination_id, CIRCUIT_OPENS_AFTER],
      );
      await recordAct(manager, actor, 'delivery.redelivered', { delivery_id: id });
    });
    this.wakeUps.send();
    return this.get(clientId, id);
  }
}
