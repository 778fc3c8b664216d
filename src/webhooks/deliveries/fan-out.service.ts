import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { withLogContext } from '../../common/log-context';
import { AppConfig } from '../../config/app-config';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import { isDataAtFault } from '../../database/database-errors';
import { JobTypeRegistry } from '../../jobs/job-type.registry';
import { giveUpAfter } from './retry-policy';
import { callbackBody, TerminalEvent } from './callback-body';
import { writeMessages } from './messages';

/** Events of one transaction. */
export const FAN_OUT_BATCH = 128;

interface EventRow {
  id: string;
  job_id: string;
  client_id: string;
  type: string;
  round: number;
  data: TerminalEvent['outcome'];
  occurred_at: Date;
  job_type: string;
  callback_url: string | null;
  metadata: Record<string, string>;
  tags: string[];
}

const TAKE_EVENTS = prepared(
  'take_events_to_fan_out',
  `
    WITH next AS MATERIALIZED (
      SELECT position FROM webhook_outbox ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED
    ), taken AS (
      DELETE FROM webhook_outbox o USING next WHERE o.position = next.position RETURNING o.position, o.event_id
    )
    SELECT e.id, e.job_id, e.client_id, e.type, e.round, e.data, e.occurred_at, j.type AS job_type, j.callback_url,
      j.metadata, j.tags
    FROM taken JOIN job_event e ON e.id = taken.event_id JOIN job j ON j.id = e.job_id
    ORDER BY taken.position`,
);

const SET_ASIDE = `
  WITH taken AS (DELETE FROM webhook_outbox WHERE event_id = $1 RETURNING event_id, position)
  INSERT INTO webhook_dead_letter (event_id, position, error) SELECT event_id, position, $2 FROM taken
  ON CONFLICT (event_id) DO UPDATE SET error = excluded.error, created_at = now()`;

/**
 * Turns terminal events into messages and deliveries. An event's row of the outbox, its message and its deliveries are one
 * transaction: a crash loses none and doubles none.
 */
@Injectable()
export class FanOutService {
  private readonly logger = new Logger(FanOutService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** @returns how many events were taken: with fewer than `FAN_OUT_BATCH` there are no more */
  async next(): Promise<number> {
    try {
      return await this.fanOut(FAN_OUT_BATCH);
    } catch (error) {
      if (!isDataAtFault(error)) throw error;
      return this.nextOneByOne();
    }
  }

  /** An event whose message cannot be stored is set aside; no other, of whichever client, waits for it. */
  private async nextOneByOne(): Promise<number> {
    for (let events = 0; events < FAN_OUT_BATCH; events += 1) {
      let tried: EventRow | undefined;
      try {
        if ((await this.fanOut(1, ([event]) => (tried = event))) === 0) return events;
      } catch (error) {
        if (tried === undefined || !isDataAtFault(error)) throw error;
        await this.dataSource.query(SET_ASIDE, [tried.id, String(error).slice(0, 2_000)]);
        const { id, job_id } = tried;
        withLogContext({ job_id }, () =>
          this.logger.error(
            `Event ${id} of job ${job_id} cannot be stored as a message; it is kept in webhook_dead_letter: ${String(error)}`,
          ),
        );
      }
    }
    return FAN_OUT_BATCH;
  }

  private async fanOut(limit: number, taken?: (events: EventRow[]) => void): Promise<number> {
    return lookUpTransaction(this.dataSource, true, async (manager) => {
      const events = await manager.query<EventRow[]>(TAKE_EVENTS, [limit]);
      if (events.length === 0) return 0;
      taken?.(events);
      const messages = events.map((event) => ({
        id: event.id,
        clientId: event.client_id,
        jobId: event.job_id,
        type: event.type,
        body: this.bodyOf(event),
        occurredAt: event.occurred_at,
        callbackUrl: event.callback_url,
        tags: event.tags,
      }));
      await writeMessages(manager, messages, giveUpAfter(this.config.callbackRetrySchedule));
      return events.length;
    });
  }

  private bodyOf(event: EventRow): Buffer {
    return callbackBody(
      {
        jobId: event.job_id,
        jobType: event.job_type,
        type: event.type,
        round: event.round,
        occurredAt: event.occurred_at,
        labels: { metadata: event.metadata, tags: event.tags },
        outcome: event.data,
      },
      this.registry.find(event.job_type)?.resource,
      this.config.publicUrl,
    );
  }
}
