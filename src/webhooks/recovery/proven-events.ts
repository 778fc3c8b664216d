import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type FeedPlace, FeedWalkService } from '../feed/feed-walk.service';
import { TEST_EVENT, wantsMessage } from '../deliveries/event-types';
import type { ProvenOutcome } from './delivery-proof';

/** Events that one statement reads. */
const PAGE = 1_000;

/** Before every event. */
const BEGIN: FeedPlace = { transaction_id: '0', position: '-1' };

/** An event of a window, where it is in the feed. */
export interface FoundEvent extends FeedPlace {
  id: string;
  outcome: ProvenOutcome;
  finished_at: Date | null;
  occurred_at: Date;
}

interface PageRow extends FoundEvent {
  in_window: boolean;
  /** Written so long after the window that what follows is of no concern. */
  is_past: boolean;
}

/** Of messages `m`: written so long after they happened, they stand in the feed where their time is not. These have an index. */
const IS_LATE = `m.created_at - m.occurred_at > interval '1 minute'`;

/** Of messages `m` and the endpoint $2 of the client $1. */
const OUTCOME = `
  CASE WHEN d.state = 'DELIVERED' THEN 'delivered'
    WHEN m.body IS NULL THEN 'erased'
    WHEN d.state = 'EXHAUSTED' THEN 'failed'
    WHEN d.state IS NOT NULL THEN 'pending'
    WHEN m.type <> '${TEST_EVENT}' AND ${wantsMessage('m')}
      AND CASE WHEN starts_with(m.type, 'webhook.')
        THEN convert_from(m.body, 'UTF8')::jsonb #>> '{data,endpoint_id}' ELSE '' END IS DISTINCT FROM e.id::text THEN 'missing'
    ELSE 'not_selected' END`;

const COLUMNS = `m.id, m.transaction_id::text, m.position::text, m.occurred_at, d.finished_at, ${OUTCOME} AS outcome`;

const JOINS = `
  JOIN webhook_endpoint e ON e.id = $2 AND e.client_id = $1
  LEFT JOIN delivery d ON d.message_id = m.id AND d.destination_id = (SELECT t.id FROM webhook_destination t WHERE t.endpoint_id = $2)`;

const IN_TIME = `
  SELECT ${COLUMNS}, m.created_at >= $4::timestamptz + interval '1 minute' AS is_past,
    m.occurred_at >= $3 AND m.occurred_at < $4 AND NOT (${IS_LATE}) AS in_window
  FROM (
    SELECT * FROM webhook_message WHERE client_id = $1 AND (transaction_id, position) > ($5::xid8, $6::bigint)
    ORDER BY transaction_id, position LIMIT ${PAGE}
  ) m ${JOINS}
  ORDER BY m.transaction_id, m.position`;

const LATE = `
  SELECT ${COLUMNS} FROM (
    SELECT * FROM webhook_message m WHERE client_id = $1 AND occurred_at >= $3 AND occurred_at < $4 AND ${IS_LATE}
    ORDER BY occurred_at LIMIT $5
  ) m ${JOINS}`;

/** All events of a window with what became of them at an endpoint, as long as these are few. */
@Injectable()
export class ProvenEvents {
  constructor(
    private readonly dataSource: DataSource,
    private readonly feed: FeedWalkService,
  ) {}

  /**
   * In the order of the feed.
   *
   * @returns of more than `most` the first ones, one too many
   */
  async find(
    clientId: string,
    endpointId: string,
    since: Date,
    until: Date,
    most: number,
  ): Promise<FoundEvent[]> {
    const found = await this.dataSource.query<FoundEvent[]>(LATE, [
      clientId,
      endpointId,
      since,
      until,
      most + 1,
    ]);
    let after: FeedPlace | null = (await this.feed.before(clientId, since)) ?? BEGIN;
    while (after !== null && found.length <= most) {
      const page: PageRow[] = await this.dataSource.query(IN_TIME, [
        clientId,
        endpointId,
        since,
        until,
        after.transaction_id,
        after.position,
      ]);
      for (const { in_window, ...row } of page) if (in_window) found.push(row);
      const last = page.at(-1);
      after = last === undefined || last.is_past || page.length < PAGE ? null : last;
    }
    return found.sort(inFeedOrder).slice(0, most + 1);
  }

  /** @returns from when on no event was removed for its age; `null` where none was */
  async keptSince(): Promise<Date | null> {
    const [kept] = await this.dataSource.query<{ since: Date | null }[]>(
      `SELECT date_trunc('milliseconds', removed_up_to) + interval '1 millisecond' AS since
       FROM retention WHERE kind = 'webhook_message'`,
    );
    return kept?.since ?? null;
  }

  /**
   * Whether all that happened before a time has been written to the feed: what happened first is written first.
   */
  async areWrittenUntil(until: Date): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT FROM (SELECT event_id FROM webhook_outbox ORDER BY position LIMIT 1) o JOIN job_event e ON e.id = o.event_id
       WHERE e.occurred_at < $1
       UNION ALL
       SELECT FROM (SELECT exhausted_at FROM exhausted_delivery ORDER BY position LIMIT 1) first WHERE exhausted_at < $1`,
      [until],
    );
    return rows.length === 0;
  }
}

function inFeedOrder(one: FeedPlace, other: FeedPlace): number {
  const [a, b] = [BigInt(one.transaction_id), BigInt(other.transaction_id)];
  if (a !== b) return a < b ? -1 : 1;
  return BigInt(one.position) < BigInt(other.position) ? -1 : 1;
}
