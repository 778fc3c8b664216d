import type { EntityManager } from 'typeorm';
import { prepared } from '../../database/prepared';
import { parseDestination } from './destination';
import { wantsType } from './event-types';
import { newId } from '../../common/ids';
import { NUMBER_IN_FEED } from '../feed/feed-order.service';

/** Concurrency and rate of a destination that nobody has set otherwise. */
export const DEFAULT_CONCURRENCY = 8;
export const DEFAULT_PER_SECOND = 100;

/** What is sent: one id and one body, for every attempt and for the event feed. */
export interface NewMessage {
  id: string;
  clientId: string;
  jobId: string | null;
  type: string;
  body: Buffer;
  occurredAt: Date;
  /** Of the job that it is about. */
  callbackUrl: string | null;
  /** Of the job that it is about; endpoints that name tags get nothing of a message without one. */
  tags?: string[];
  /** The only endpoint that gets it, of a test event. */
  onlyEndpoint?: string;
  /** The endpoint that it is about, and that does not get it. */
  aboutEndpoint?: string | null;
}

/** The URL of a message's own job, and the message's place among them, from 1. */
interface OwnUrl {
  id: string;
  clientId: string;
  place: number;
  url: string;
  address: string;
}

/**
 * Writes messages and the duty to deliver each: to every endpoint that wants its type and its tags, and to the job's own URL; once
 * for each URL. An endpoint that is unverified, or disabled by its owner or by its own 410, gets nothing, and a job's
 * own URL that has become that of a disabled one gets a delivery that says so; one that fails keeps its deliveries until
 * it recovers.
 *
 * @param messages at least one
 * @param giveUpAfterMs milliseconds after which an undelivered message is given up
 */
export async function writeMessages(
  manager: EntityManager,
  messages: NewMessage[],
  giveUpAfterMs: number,
): Promise<void> {
  await manager.query(INSERT_MESSAGES, [
    messages.map(({ id }) => id),
    messages.map(({ clientId }) => clientId),
    messages.map(({ jobId }) => jobId),
    messages.map(({ type }) => type),
    messages.map(({ occurredAt }) => occurredAt),
    messages.map(({ body }) => body),
  ]);
  const urls = messages.flatMap(({ id, clientId, callbackUrl }, index) =>
    callbackUrl === null ? [] : [{ id, clientId, place: index + 1, ...parseDestination(callbackUrl) }],
  );
  if (urls.length > 0) await ensureDestinations(manager, urls);
  await writeDeliveries(manager, messages, urls, giveUpAfterMs);
}

const INSERT_MESSAGES = prepared(
  'insert_webhook_messages',
  `
    INSERT INTO webhook_message (id, client_id, job_id, type, occurred_at, body, transaction_id)
    SELECT id, client_id, job_id, type, occurred_at, body, ${NUMBER_IN_FEED}
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bytea[])
      WITH ORDINALITY AS m(id, client_id, job_id, type, occurred_at, body, ordinal)
    ORDER BY ordinal`,
);

/** In one order, as others note theirs. */
const NOTE_USE = `UPDATE webhook_destination SET last_used_at = now() WHERE id IN (
  SELECT id FROM webhook_destination WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)`;

/** Makes the destinations that are not there yet, and holds all of them until the transaction ends. */
async function ensureDestinations(
  manager: EntityManager,
  urls: { clientId: string; address: string; origin: string }[],
): Promise<void> {
  const unique = [...new Map(urls.map((url) => [`${url.clientId} ${url.address}`, url])).values()];
  const columns = [
    unique.map(() => newId()),
    unique.map(({ clientId }) => clientId),
    unique.map(({ address }) => address),
    unique.map(({ origin }) => origin),
  ];
  for (;;) {
    await manager.query(
      `INSERT INTO webhook_destination (id, client_id, address, origin, max_concurrency, max_per_second, concurrency)
       SELECT id, client_id, address, origin, $5, $6, $5
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS u(id, client_id, address, origin)
       ORDER BY client_id, address
       ON CONFLICT (client_id, address) WHERE endpoint_id IS NULL DO NOTHING`,
      [...columns, DEFAULT_CONCURRENCY, DEFAULT_PER_SECOND],
    );
    const held = await manager.query<{ id: string; noted: boolean }[]>(
      `SELECT t.id, t.last_used_at > now() - interval '1 day' AS noted
       FROM webhook_destination t JOIN unnest($1::uuid[], $2::text[]) AS u(client_id, address)
         ON t.client_id = u.client_id AND t.address = u.address
       WHERE t.endpoint_id IS NULL FOR KEY SHARE OF t`,
      [columns[1], columns[2]],
    );
    // Fewer when the retention deleted one in between.
    if (held.length < unique.length) continue;
    const used = held.filter(({ noted }) => !noted).map(({ id }) => id);
    if (used.length > 0) await manager.query(NOTE_USE, [used]);
    return;
  }
}

/** @param urls whose destinations are held */
async function writeDeliveries(
  manager: EntityManager,
  messages: NewMessage[],
  urls: OwnUrl[],
  giveUpAfterMs: number,
): Promise<void> {
  await manager.query(HOLD_ENDPOINTS, [[...new Set(messages.map(({ clientId }) => clientId))]]);
  await manager.query(INSERT_DELIVERIES, [
    messages.map(({ id }) => id),
    messages.map(({ clientId }) => clientId),
    messages.map(({ type }) => type),
    messages.map(({ onlyEndpoint }) => onlyEndpoint ?? null),
    messages.map(({ aboutEndpoint }) => aboutEndpoint ?? null),
    // Arrays of arrays have to be of one length.
    messages.map(({ tags }) => JSON.stringify(tags ?? [])),
    urls.map(({ id }) => id),
    urls.map(({ clientId }) => clientId),
    urls.map(({ url }) => url),
    urls.map(({ address }) => address),
    urls.map(({ place }) => place),
    giveUpAfterMs / 1_000,
  ]);
}

/** An endpoint that is removed meanwhile waits, and then finds the deliveries that it is to end. It locks in the same order. */
const HOLD_ENDPOINTS = prepared(
  'hold_webhook_endpoints',
  `
    SELECT FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id
    WHERE e.client_id = ANY($1::uuid[]) ORDER BY e.id FOR KEY SHARE OF t, e`,
);

const INSERT_DELIVERIES = prepared(
  'insert_deliveries',
  `
    WITH message AS MATERIALIZED (
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::jsonb[]) WITH ORDINALITY
        AS m(id, client_id, type, only_endpoint, about_endpoint, tags, place)
    ), kind AS MATERIALIZED (
      -- All messages of a kind go to the same endpoints: those are looked for once.
      SELECT client_id, type, only_endpoint, about_endpoint, tags, array_agg(id) AS ids, array_agg(place) AS places
      FROM message GROUP BY client_id, type, only_endpoint, about_endpoint, tags
    ), wanted AS MATERIALIZED (
      SELECT * FROM unnest($7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::int[])
        AS u(id, client_id, url, address, place)
    ), target AS (
      SELECT m.place, m.id, k.client_id, t.id AS destination_id, e.id AS endpoint_id, e.url, t.paused_until, t.epoch,
        false AS refused
      FROM kind k
      JOIN webhook_endpoint e ON e.client_id = k.client_id
      JOIN webhook_destination t ON t.endpoint_id = e.id
      CROSS JOIN LATERAL unnest(k.ids, k.places) AS m(id, place)
      WHERE e.verified_at IS NOT NULL AND (t.disabled_reason IS NULL OR t.disabled_reason = 'failing')
        AND CASE WHEN k.only_endpoint IS NOT NULL THEN e.id = k.only_endpoint
          ELSE e.id IS DISTINCT FROM k.about_endpoint AND (e.tags = '{}' OR k.tags ?| e.tags) AND ${wantsType('k.type', 'e.event_types')} END
      UNION ALL
      SELECT w.place, w.id, w.client_id, t.id, e.id, w.url, t.paused_until, t.epoch, t.disabled_reason IN ('owner', 'gone')
      FROM wanted w
      JOIN webhook_endpoint e ON e.client_id = w.client_id AND e.url = w.url
      JOIN webhook_destination t ON t.endpoint_id = e.id
      WHERE e.verified_at IS NOT NULL OR t.disabled_reason IN ('owner', 'gone')
      UNION ALL
      -- An endpoint that was registered for the URL since, and is not verified yet, does not take its callback away.
      SELECT w.place, w.id, w.client_id, t.id, NULL, w.url, t.paused_until, t.epoch, false
      FROM wanted w
      JOIN webhook_destination t ON t.client_id = w.client_id AND t.address = w.address AND t.endpoint_id IS NULL
      WHERE NOT EXISTS (
        SELECT FROM webhook_endpoint e JOIN webhook_destination o ON o.endpoint_id = e.id
        WHERE e.client_id = w.client_id AND e.url = w.url
          AND (e.verified_at IS NOT NULL OR o.disabled_reason IN ('owner', 'gone')))
    ), once AS (
      -- A job's own URL may be that of an endpoint which gets it anyway.
      SELECT DISTINCT ON (place, destination_id) * FROM target ORDER BY place, destination_id
    )
    INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, epoch, give_up_at, state, failure,
      finished_at)
    SELECT uuid_v7(), id, client_id, destination_id, endpoint_id, url, epoch,
      -- The time in which it rests is not its fault.
      greatest(now(), paused_until) + make_interval(secs => $12),
      CASE WHEN refused THEN 'EXHAUSTED' ELSE 'PENDING' END,
      CASE WHEN refused THEN 'endpoint_disabled' END, CASE WHEN refused THEN now() END
    FROM once ORDER BY place`,
);
