import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/app-config';
import { PLAN_FOR_LOOK_UPS, prepared } from '../../database/prepared';
import { JobTypeRegistry } from '../../jobs/job-type.registry';
import { giveUpAfter } from '../deliveries/retry-policy';
import { callbackBody, TerminalEvent } from './callback-body';
import { writeMessages } from './messages';

const BATCH = 500;

/** SQLSTATE classes that blame what is written, not the state of the database: data, integrity, program limits. */
const BAD_DATA = /^(22|23|54)/;

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

const TAKE_EVENTS = prepared(
  'take_events_to_fan_out',
  `
    WITH next AS MATERIALIZED (
      SELECT position FROM webhook_outbox ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED
    ), taken AS (
      DELETE FROM webhook_outbox o USING next WHERE o.position = next.position RETURNING o.position, o.event_id
    )
    SELECT e.id, e.job_id, e.client_id, e.type, e.data, e.occurred_at, j.type AS job_type, j.callback_url
    FROM taken JOIN job_event e ON e.id = taken.event_id JOIN job j ON j.id = e.job_id
    ORDER BY taken.position`,
);

const SET_ASIDE = `
  WITH taken AS (DELETE FROM webhook_outbox WHERE event_id = $1 RETURNING event_id, position)
  INSERT INTO webhook_dead_letter (event_id, position, error) SELECT event_id, position, $2 FROM taken
  ON CONFLICT (event_id) DO UPDATE SET error = excluded.error, created_at = now()`;

/**
 * Turns terminal events into messages and deliveries. The event's place in the outbox, its message and its deliveries are one
 * transaction: a crash loses none and doubles none.
 */
@Injectable()
export class FanOut {
  private readonly logger = new Logger(FanOut.name);

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly registry: JobTypeRegistry,
  ) {}

  /** @returns how many events; less than a batch when there are no more */
  async next(): Promise<{ events: number; more: boolean }> {
    try {
      const { length } = await this.tell(BATCH);
      return { events: length, more: length === BATCH };
    } catch (error) {
      if (!blamesData(error)) throw error;
      return this.nextOneByOne();
    }
  }

  /** One event that cannot be told is set aside; no other, of whichever client, waits for it. */
  private async nextOneByOne(): Promise<{ events: number; more: boolean }> {
    for (let events = 0; events < BATCH; events += 1) {
      let tried: EventRow | undefined;
      try {
        const { length } = await this.tell(1, ([event]) => (tried = event));
        if (length === 0) return { events, more: false };
      } catch (error) {
        if (tried === undefined || !blamesData(error)) throw error;
        await this.dataSource.query(SET_ASIDE, [tried.id, String(error).slice(0, 2_000)]);
        this.logger.error(
          `The event ${tried.id} of job ${tried.job_id} cannot be told and is set aside in webhook_dead_letter: ${String(error)}`,
        );
      }
    }
    return { events: BATCH, more: true };
  }

  private async tell(limit: number, taken?: (events: EventRow[]) => void): Promise<EventRow[]> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(PLAN_FOR_LOOK_UPS);
      const events = await manager.query<EventRow[]>(TAKE_EVENTS, [limit]);
      if (events.length === 0) return events;
      taken?.(events);
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
      return events;
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

/** Whether it is what we made of an event that failed, and not the database that is away, restarts or is in a conflict. */
function blamesData(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    (typeof code === 'string' && BAD_DATA.test(code))
  );
}
