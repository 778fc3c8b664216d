import { prepared } from '../../database/prepared';
import { TEST_EVENT, wantsMessage, wantsType } from '../deliveries/event-types';
import { DeliveryState } from '../deliveries/delivery';
import type { FeedPlace } from '../feed/feed-walk.service';
import { RecoverOnly, type ResendWindow } from './recover.job';
import type { RedeliverFilter } from './redeliver.job';

/** An event of the feed, and its delivery to one destination where there is one. */
export interface Candidate {
  message_id: string;
  transaction_id: string;
  position: string;
  /** Whether it happened in the window. */
  in_window: boolean;
  /** With a person that it was about: there is nothing left to be sent. */
  erased: boolean;
  /** Whether the endpoint would get it today. */
  wanted: boolean;
  delivery_id: string | null;
  state: DeliveryState | null;
  failures: number | null;
  /** Made due by this very job, before a crash. */
  mine: boolean;
}

/** `known`: done before a crash, and to be counted. */
export type Act = 'known' | 'resend' | 'add' | 'none';

/** What a recovery does with an event. What waits for its first attempt, or is under way, is left alone. */
export function actOfRecovery(candidate: Candidate, only: RecoverOnly): Act {
  const { mine, in_window, erased, wanted, state, failures } = candidate;
  if (mine) return 'known';
  if (!in_window || erased) return 'none';
  if (state === null) return only !== RecoverOnly.Failed && wanted ? 'add' : 'none';
  if (only === RecoverOnly.Missing) return 'none';
  const hasFailed = state === DeliveryState.Exhausted || (state === DeliveryState.Pending && failures !== 0);
  const isRepeated = only === RecoverOnly.All && state === DeliveryState.Delivered;
  return hasFailed || isRepeated ? 'resend' : 'none';
}

/** What a redelivery does with one of the deliveries that have its filter's endpoint and event type. */
export function actOfRedelivery(candidate: Candidate, { status }: Pick<RedeliverFilter, 'status'>): Act {
  const { mine, in_window, erased, state } = candidate;
  if (mine) return 'known';
  if (!in_window || erased) return 'none';
  return state !== null && (status as DeliveryState[]).includes(state) ? 'resend' : 'none';
}

/** Events of a client's feed: at most `limit`, after a place, to the last place that counts. */
export interface FeedPage {
  clientId: string;
  after: FeedPlace;
  last: FeedPlace;
  window: ResendWindow;
  limit: number;
}

/** The first parameters, of `PAGE`. */
export const pageParameters = ({ clientId, after, last, window, limit }: FeedPage): unknown[] => [
  clientId,
  after.transaction_id,
  after.position,
  last.transaction_id,
  last.position,
  window.since,
  window.until,
  limit,
];

/**
 * A page of a client's feed, in SQL, as CTE `page`: $1 client, $2 and $3 the place before it, $4 and $5 the last place of all,
 * $6 and $7 the window, $8 how many events. Of an event about an endpoint, `about` has that one's id.
 */
const PAGE = `
  page AS MATERIALIZED (
    SELECT id, type, job_id, transaction_id, position, occurred_at >= $6 AND occurred_at < $7 AS in_window, body IS NULL AS erased,
      CASE WHEN starts_with(type, 'webhook.') THEN convert_from(body, 'UTF8')::jsonb #>> '{data,endpoint_id}' END AS about
    FROM webhook_message
    WHERE client_id = $1 AND (transaction_id, position) > ($2::xid8, $3::bigint)
      AND (transaction_id, position) <= ($4::xid8, $5::bigint)
    ORDER BY transaction_id, position LIMIT $8
  )`;

const CANDIDATE = `
  p.id AS message_id, p.transaction_id::text, p.position::text, p.in_window, p.erased, d.id AS delivery_id, d.state, d.failures`;

const WANTED = `(NOT p.erased AND p.type <> '${TEST_EVENT}' AND p.about IS DISTINCT FROM e.id::text
  AND ${wantsMessage('p')})`;

/** $9 the endpoint, $10 the job. */
export const CANDIDATES_OF_ENDPOINT = prepared(
  'candidates_of_endpoint',
  `
  WITH ${PAGE}
  SELECT ${CANDIDATE}, ${WANTED} AS wanted, coalesce(d.resend_id = $10, false) AS mine
  FROM page p JOIN webhook_endpoint e ON e.id = $9 AND e.client_id = $1
    LEFT JOIN delivery d ON d.message_id = p.id AND d.destination_id = (SELECT t.id FROM webhook_destination t WHERE t.endpoint_id = $9)
  ORDER BY p.transaction_id, p.position`,
);

/** $9 the job, $10 an endpoint or null, $11 event types or null. */
export const CANDIDATES_OF_FILTER = prepared(
  'candidates_of_filter',
  `
  WITH ${PAGE}
  SELECT ${CANDIDATE}, false AS wanted, coalesce(d.resend_id = $9, false) AS mine
  FROM page p
    LEFT JOIN delivery d ON d.message_id = p.id AND ($10::uuid IS NULL OR d.endpoint_id = $10)
      AND ($11::text[] IS NULL OR ${wantsType('p.type', '$11::text[]')})
  ORDER BY p.transaction_id, p.position, d.position`,
);
