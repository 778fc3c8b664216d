import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/app-config';
import { PLAN_FOR_LOOK_UPS, PreparedStatement, runPrepared } from '../../database/prepared-statement';
import { JobTypeRegistry } from '../../jobs/job-type.registry';
import { giveUpAfter } from '../deliveries/retry-policy';
import { callbackBody, TerminalEvent } from './callback-body';
import { writeMessages } from './messages';

const BATCH = 500;

interface EventRow {
  id: string;
  job_id: string;
  client_id: string;
  type: string;
  data: TerminalEvent['outcome'];
  occurred_at: Date;
  job_type: string;
  callback_url: string | null;
}

const TAKE_EVENTS: PreparedStatement = {
  name: 'take_events_to_fan_out',
  text: `
    WITH next AS MATERIALIZED (
      SELECT position FROM webhook_outbox ORDER BY position LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
    ), taken AS (
      DELETE FROM webhook_outbox o USING next WHERE o.position = next.position RETURNING o.position, o.event_id
    )
    SELECT e.id, e.job_id, e.client_id, e.type, e.data, e.occurred_at, j.type AS job_type, j.callback_url
    FROM taken JOIN job_event e ON e.id = taken.event_id JOIN job j ON j.id = e.job_id
    ORDER BY taken.position`,
};

/**
 * Turns terminal events into messages and deliveries. The event's place in the outbox, its message and its deliveries are one
 * transaction: a crash loses none and doubles none.
 */
@Injectable()
export class FanOut {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** @returns how many events; less than a batch when there are no more */
  async next(): Promise<{ events: number; more: boolean }> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(PLAN_FOR_LOOK_UPS);
      const events = await runPrepared<EventRow>(manager, TAKE_EVENTS, []);
      if (events.length === 0) return { events: 0, more: false };
      await writeMessages(
        manager,
        events.map((event) => ({
          id: event.id,
          clientId: event.client_id,
          jobId: event.job_id,
          type: event.type,
          body: this.bodyOf(event),
          occurredAt: event.occurred_at,
          callbackUrl: event.callback_url,
        })),
        giveUpAfter(this.config.callbackRetrySchedule),
      );
      return { events: events.length, more: events.length === BATCH };
    });
  }

  private bodyOf(event: EventRow): Buffer {
    return callbackBody(
      {
        jobId: event.job_id,
        jobType: event.job_type,
        type: event.type,
        occurredAt: event.occurred_at,
        outcome: event.data,
      },
      this.registry.find(event.job_type)?.resource,
      this.config.publicUrl,
    );
  }
}
