import type { EntityManager } from 'typeorm';
import { arrayOf } from '../../database/array-literal';
import { prepared } from '../../database/prepared';
import type { ClaimedDelivery, Lease } from '../deliveries/delivery-claims';
import type { Reservation } from '../deliveries/delivery-shares';
import { AT_ONCE, IS_OPEN, rateUntilAfter, TOKENS } from '../deliveries/open-destination';
import type { NewMessage } from './new-message';

/**
 * Of a worker that would deliver at once what it writes down: such a delivery is made with its first lease, and needs
 * no claim. It gets what a claim would get, no more, and only where nothing waits that was there before.
 */
export interface LeaseOffer extends Lease {
  reservation: Reservation;
}

export interface WrittenDeliveries {
  /** Under the lease that was offered. */
  leased: ClaimedDelivery[];
  /** How many are left to be claimed. */
  waiting: number;
}

/** The URL of a message's own job, and the message's place among them, from 1. */
export interface OwnUrl {
  id: string;
  clientId: string;
  place: number;
  url: string;
  address: string;
}

interface LeasableDestination {
  id: string;
  client_id: string;
  origin: string;
  at_once: number;
  tokens: number;
}

interface WrittenRow {
  waiting: number;
  id: string | null;
  destination_id: string;
  endpoint_id: string | null;
  url: string;
  message_id: string;
}

/** @param urls whose destinations are held */
export async function writeDeliveries(
  manager: EntityManager,
  messages: NewMessage[],
  urls: OwnUrl[],
  giveUpAfterMs: number,
  offer: LeaseOffer | undefined,
): Promise<WrittenDeliveries> {
  const leasable = await holdTargets(manager, messages, urls, offer);
  const grants = leasable.map(
    ({ client_id, origin, at_once, tokens }) =>
      offer?.reservation.grant(client_id, origin, Math.min(at_once, tokens, messages.length)) ?? 0,
  );
  // No more than can be used: whoever claims meanwhile gets the others.
  const slots = offer?.reservation.slots(grants.reduce((sum, granted) => sum + granted, 0)) ?? 0;
  const rows = await manager.query<WrittenRow[]>(INSERT_DELIVERIES, [
    arrayOf(messages.map(({ id }) => id)),
    arrayOf(messages.map(({ clientId }) => clientId)),
    messages.map(({ type }) => type),
    arrayOf(messages.map(({ onlyEndpoint }) => onlyEndpoint ?? null)),
    arrayOf(urls.map(({ id }) => id)),
    arrayOf(urls.map(({ clientId }) => clientId)),
    urls.map(({ url }) => url),
    urls.map(({ address }) => address),
    arrayOf(urls.map(({ place }) => place)),
    giveUpAfterMs / 1_000,
    arrayOf(leasable.map(({ id }) => id)),
    arrayOf(leasable.map(({ at_once }) => at_once)),
    arrayOf(grants),
    slots,
    offer?.worker ?? null,
    (offer?.leaseMs ?? 0) / 1_000,
  ]);
  const messageOf = new Map(messages.map((message) => [message.id, message]));
  const leased = rows.flatMap(({ id, destination_id, endpoint_id, url, message_id }): ClaimedDelivery[] => {
    const message = messageOf.get(message_id);
    if (id === null || message === undefined) return [];
    const { clientId: client_id, body } = message;
    return [{ id, attempt: 1, failures: 0, client_id, destination_id, endpoint_id, url, message_id, body }];
  });
  return { leased, waiting: rows[0]?.waiting ?? 0 };
}

/** An endpoint that is removed meanwhile waits, and then finds the deliveries that it is to end. It locks in the same order. */
const ENDPOINTS_HELD = `
  SELECT t.id FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id
  WHERE e.client_id = ANY($1::uuid[]) ORDER BY e.id FOR KEY SHARE OF t, e`;
const HOLD_ENDPOINTS = prepared('hold_webhook_endpoints', ENDPOINTS_HELD);

/**
 * Also finds those of all destinations that may be told at once, and holds them as a claim does: two workers never count
 * the same room of a destination.
 */
const HOLD_LEASABLE = prepared(
  'hold_leasable_destinations',
  `
    WITH endpoint AS MATERIALIZED (${ENDPOINTS_HELD}), own AS MATERIALIZED (
      SELECT t.id FROM unnest($2::uuid[], $3::text[]) AS u(client_id, address)
      JOIN webhook_destination t ON t.client_id = u.client_id AND t.address = u.address AND t.endpoint_id IS NULL
    )
    SELECT t.id, t.client_id, t.origin, ${AT_ONCE} AS at_once, ${TOKENS} AS tokens
    FROM webhook_destination t
    WHERE t.id = ANY(ARRAY(SELECT id FROM endpoint UNION SELECT id FROM own)) AND ${IS_OPEN}
      AND NOT EXISTS (SELECT FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = t.id)
    ORDER BY t.id FOR NO KEY UPDATE OF t SKIP LOCKED`,
);

/** @returns the destinations that may be told at once; none without an offer */
async function holdTargets(
  manager: EntityManager,
  messages: NewMessage[],
  urls: OwnUrl[],
  offer: LeaseOffer | undefined,
): Promise<LeasableDestination[]> {
  const clients = arrayOf([...new Set(messages.map(({ clientId }) => clientId))]);
  if (offer) {
    return manager.query(HOLD_LEASABLE, [
      clients,
      arrayOf(urls.map(({ clientId }) => clientId)),
      urls.map(({ address }) => address),
    ]);
  }
  await manager.query(HOLD_ENDPOINTS, [clients]);
  return [];
}

const INSERT_DELIVERIES = prepared(
  'insert_deliveries',
  `
    WITH message AS MATERIALIZED (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) WITH ORDINALITY
        AS m(id, client_id, type, only_endpoint, place)
    ), kind AS MATERIALIZED (
      -- All messages of a kind go to the same endpoints: those are looked for once.
      SELECT client_id, type, only_endpoint, array_agg(id) AS ids, array_agg(place) AS places
      FROM message GROUP BY client_id, type, only_endpoint
    ), wanted AS MATERIALIZED (
      SELECT * FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::int[])
        AS u(id, client_id, url, address, place)
    ), target AS (
      SELECT m.place, m.id, k.client_id, t.id AS destination_id, e.id AS endpoint_id, e.url, t.paused_until,
        false AS refused
      FROM kind k
      JOIN webhook_endpoint e ON e.client_id = k.client_id
      JOIN webhook_destination t ON t.endpoint_id = e.id
      CROSS JOIN LATERAL unnest(k.ids, k.places) AS m(id, place)
      WHERE e.verified_at IS NOT NULL AND (t.disabled_reason IS NULL OR t.disabled_reason = 'failing')
        AND CASE WHEN k.only_endpoint IS NOT NULL THEN e.id = k.only_endpoint
          ELSE EXISTS (
            SELECT FROM unnest(e.event_types) AS pattern
            WHERE pattern = k.type OR pattern = '*'
              OR (right(pattern, 2) = '.*' AND starts_with(k.type, left(pattern, -1)))) END
      UNION ALL
      SELECT w.place, w.id, w.client_id, t.id, e.id, w.url, t.paused_until, t.disabled_reason IN ('owner', 'gone')
      FROM wanted w
      JOIN webhook_endpoint e ON e.client_id = w.client_id AND e.url = w.url
      JOIN webhook_destination t ON t.endpoint_id = e.id
      WHERE e.verified_at IS NOT NULL OR t.disabled_reason IN ('owner', 'gone')
      UNION ALL
      -- An endpoint that was registered for the URL since, and is not verified yet, does not take its callback away.
      SELECT w.place, w.id, w.client_id, t.id, NULL, w.url, t.paused_until, false
      FROM wanted w
      JOIN webhook_destination t ON t.client_id = w.client_id AND t.address = w.address AND t.endpoint_id IS NULL
      WHERE NOT EXISTS (
        SELECT FROM webhook_endpoint e JOIN webhook_destination o ON o.endpoint_id = e.id
        WHERE e.client_id = w.client_id AND e.url = w.url
          AND (e.verified_at IS NOT NULL OR o.disabled_reason IN ('owner', 'gone')))
    ), once AS (
      -- A job's own URL may be that of an endpoint which is told anyway.
      SELECT DISTINCT ON (place, destination_id) * FROM target ORDER BY place, destination_id
    ), room AS MATERIALIZED (
      -- An object, to look many destinations up in. What waits there goes first.
      SELECT jsonb_object_agg(r.id, CASE
        WHEN EXISTS (SELECT FROM delivery d WHERE d.state = 'PENDING' AND d.destination_id = r.id) THEN 0
        ELSE least(r.granted, r.at_once - (
          SELECT count(*) FROM delivery d WHERE d.state = 'DELIVERING' AND d.destination_id = r.id)) END) AS of
      FROM unnest($11::uuid[], $12::int[], $13::int[]) AS r(id, at_once, granted)
    ), fitting AS (
      SELECT *, row_number() OVER (PARTITION BY destination_id ORDER BY place)
        <= coalesce(((SELECT room.of FROM room) ->> destination_id::text)::int, 0) AS fits
      FROM once
    ), chosen AS (
      SELECT *, fits AND count(*) FILTER (WHERE fits) OVER (ORDER BY place, destination_id) <= $14::int AS leased
      FROM fitting
    ), written AS (
      INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, give_up_at, state, failure,
        finished_at, attempt, lease_owner, lease_until)
      SELECT uuid_v7(), id, client_id, destination_id, endpoint_id, url,
        -- The time in which it rests is not its fault.
        greatest(now(), paused_until) + make_interval(secs => $10),
        CASE WHEN refused THEN 'EXHAUSTED' WHEN leased THEN 'DELIVERING' ELSE 'PENDING' END,
        CASE WHEN refused THEN 'endpoint_disabled' END, CASE WHEN refused THEN now() END,
        leased::int, CASE WHEN leased THEN $15::text END, CASE WHEN leased THEN now() + make_interval(secs => $16) END
      FROM chosen ORDER BY place
      RETURNING id, destination_id, endpoint_id, url, message_id, state
    ), spent AS (
      UPDATE webhook_destination t SET rate_until = ${rateUntilAfter('s.taken')}
      FROM (SELECT destination_id, count(*) AS taken FROM written WHERE state = 'DELIVERING' GROUP BY destination_id) s
      WHERE t.id = s.destination_id
    ), later AS (
      SELECT count(*)::int AS waiting FROM written WHERE state = 'PENDING'
    )
    SELECT l.waiting, w.id, w.destination_id, w.endpoint_id, w.url, w.message_id
    FROM later l LEFT JOIN written w ON w.state = 'DELIVERING'`,
);
