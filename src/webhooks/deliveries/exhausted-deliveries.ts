import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { newId } from '../../common/ids';
import { AppConfig } from '../../config/app-config';
import { lookUpTransaction } from '../../database/look-up-transaction';
import { prepared } from '../../database/prepared';
import { shownFailure } from '../egress/callback-failure';
import { GETS_CALLBACKS } from './destination';
import { DELIVERY_EXHAUSTED, TEST_EVENT } from './event-types';
import { giveUpAfter } from './retry-policy';
import { type NewMessage, writeMessages } from './messages';

/** Deliveries of one transaction. */
export const EXHAUSTED_BATCH = 128;

interface ExhaustedRow {
  client_id: string;
  delivery_id: string;
  attempts: number;
  failure: string | null;
  exhausted_at: Date;
  event_id: string;
  event_type: string;
  endpoint_id: string | null;
  job_id: string | null;
  tags: string[];
  is_published: boolean;
}

/**
 * What is given up because its owner disabled the endpoint, or gave it a URL that is not verified, is no surprise to him. An
 * event about an event of this type could go on for ever.
 */
const TAKE_EXHAUSTED = prepared(
  'take_exhausted_deliveries',
  `
    WITH next AS MATERIALIZED (
      SELECT position FROM exhausted_delivery ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED
    ), taken AS (
      DELETE FROM exhausted_delivery x USING next WHERE x.position = next.position RETURNING x.*
    )
    SELECT x.client_id, x.delivery_id, x.attempts, x.failure, x.exhausted_at, m.id AS event_id, m.type AS event_type,
      d.endpoint_id, m.job_id, coalesce(j.tags, '{}') AS tags,
      m.type NOT IN ('${DELIVERY_EXHAUSTED}', '${TEST_EVENT}') AND ${GETS_CALLBACKS} IS TRUE AS is_published
    FROM taken x LEFT JOIN delivery d ON d.client_id = x.client_id AND d.id = x.delivery_id
      LEFT JOIN webhook_message m ON m.id = d.message_id LEFT JOIN job j ON j.id = m.job_id
      LEFT JOIN webhook_destination t ON t.id = d.destination_id LEFT JOIN webhook_endpoint e ON e.id = t.endpoint_id
    ORDER BY x.position`,
);

/**
 * Turns deliveries that were given up into events, for the feed and for the client's other endpoints. A trigger puts each into
 * their outbox in the statement that gives it up: however many these are, that takes no longer, and a crash loses none.
 */
@Injectable()
export class ExhaustedDeliveries {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {}

  /** @returns how many deliveries were taken: with fewer than `EXHAUSTED_BATCH` there are no more */
  async publish(): Promise<number> {
    return lookUpTransaction(this.dataSource, true, async (manager) => {
      const taken = await manager.query<ExhaustedRow[]>(TAKE_EXHAUSTED, [EXHAUSTED_BATCH]);
      const messages = taken.filter(({ is_published }) => is_published).map(eventOf);
      if (messages.length > 0)
        await writeMessages(manager, messages, giveUpAfter(this.config.callbackRetrySchedule));
      return taken.length;
    });
  }
}

function eventOf(exhausted: ExhaustedRow): NewMessage {
  const { client_id, delivery_id, event_id, event_type, endpoint_id, job_id, attempts } = exhausted;
  const body = {
    type: DELIVERY_EXHAUSTED,
    timestamp: exhausted.exhausted_at.toISOString(),
    data: {
      delivery_id,
      event_id,
      event_type,
      endpoint_id,
      job_id,
      attempts,
      failure: shownFailure(endpoint_id, exhausted.failure),
    },
  };
  return {
    id: newId(),
    clientId: client_id,
    jobId: job_id,
    type: DELIVERY_EXHAUSTED,
    body: Buffer.from(JSON.stringify(body)),
    occurredAt: exhausted.exhausted_at,
    callbackUrl: null,
    tags: exhausted.tags,
    aboutEndpoint: endpoint_id,
  };
}
