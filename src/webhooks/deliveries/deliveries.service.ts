import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Actor, recordAct } from '../../clients/audit-entry';
import { notFound } from '../../common/app-error';
import { Page, pageSize } from '../../common/pagination';
import { AppConfig } from '../../config/app-config';
import { CursorsService } from '../../database/cursors.service';
import { Delivery, DeliveryAttemptRow, DeliveryState, SELECT_DELIVERY } from './delivery';
import { DeliveryWakeUps } from './delivery-wake-ups';
import type { DeliveryListQuery } from './delivery-list.query';
import { REDELIVERY_TARGET, RedeliveryTarget, refusalOf } from './redelivery';
import { CIRCUIT_OPENS_AFTER, giveUpAfter } from './retry-policy';

/** After every id. */
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * The newest of each state: each is a range of an index, so that one among millions is found as quickly as all. The states
 * are written out: the planner knows then which are rare.
 */
const newestOf = (owner: 'client_id' | 'endpoint_id', states: readonly DeliveryState[]): string =>
  `SELECT id FROM (${states
    .map(
      (state) => `(
    SELECT d.id FROM delivery d
    WHERE d.client_id = $1 AND d.${owner} = ${owner === 'client_id' ? '$1' : '$3'} AND d.state = '${state}' AND d.id < $6 ORDER BY d.id DESC LIMIT $7)`,
    )
    .join(' UNION ALL ')}) newest`;
/** Those of one event, or of the few of one job. */
const OF_MESSAGES = `
  SELECT d.id FROM filter CROSS JOIN LATERAL (
    SELECT id, job_id FROM webhook_message WHERE id = filter.message_id
    UNION ALL
    SELECT id, job_id FROM webhook_message WHERE job_id = filter.job_id AND filter.message_id IS NULL
  ) m
  JOIN delivery d ON d.message_id = m.id AND d.client_id = filter.client_id
  WHERE d.state = ANY(states) AND d.id < before
    AND (filter.job_id IS NULL OR m.job_id = filter.job_id)
    AND (filter.endpoint_id IS NULL OR d.endpoint_id = filter.endpoint_id)`;

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
    const states = status ?? Object.values(DeliveryState);
    const found =
      event_id !== undefined || job_id !== undefined
        ? OF_MESSAGES
        : endpoint_id !== undefined
          ? newestOf('endpoint_id', states)
          : newestOf('client_id', states);
    const rows = await this.dataSource.query<Delivery[]>(
      `WITH filter AS (
         SELECT $1::uuid AS client_id, $2::text[] AS states, $3::uuid AS endpoint_id, $4::uuid AS message_id,
           $5::uuid AS job_id, $6::uuid AS before, $7::int AS most
       ), found AS (${found} ORDER BY id DESC LIMIT $7)
       ${SELECT_DELIVERY} JOIN found ON found.id = d.id AND d.client_id = $1 ORDER BY d.id DESC`,
      [clientId, states, endpoint_id ?? null, event_id ?? null, job_id ?? null, before ?? LAST, size + 1],
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
