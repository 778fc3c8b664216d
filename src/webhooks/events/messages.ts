import type { EntityManager } from 'typeorm';
import { parseDestination } from '../deliveries/destination';
import { newId } from '../../common/ids';

/** What is told: one id and one body, for every attempt and for the pull twin. */
export interface NewMessage {
  id: string;
  clientId: string;
  jobId: string | null;
  type: string;
  body: Buffer;
  occurredAt: Date;
  /** Of the job that it is about. */
  callbackUrl: string | null;
  /** The only endpoint to tell, for a test event. */
  onlyEndpoint?: string;
}

/** Concurrency and rate of a destination that nobody has set otherwise. */
export const DEFAULT_CONCURRENCY = 8;
export const DEFAULT_PER_SECOND = 100;

/**
 * Writes messages and the duty to deliver each: to every endpoint that wants its type, and to the job's own URL; once
 * for each URL. An endpoint that is unverified, or disabled by its owner or by its own 410, is told nothing; one that
 * fails keeps its deliveries until it recovers.
 *
 * @param giveUpAfterMs milliseconds after which an undelivered message is given up
 */
export async function writeMessages(
  manager: EntityManager,
  messages: NewMessage[],
  giveUpAfterMs: number,
): Promise<void> {
  if (messages.length === 0) return;
  await manager.query(
    `INSERT INTO webhook_message (id, client_id, job_id, type, body, occurred_at)
     SELECT id, client_id, job_id, type, body, occurred_at
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::timestamptz[])
       WITH ORDINALITY AS m(id, client_id, job_id, type, body, occurred_at, place)
     ORDER BY place`,
    [
      messages.map(({ id }) => id),
      messages.map(({ clientId }) => clientId),
      messages.map(({ jobId }) => jobId),
      messages.map(({ type }) => type),
      messages.map(({ body }) => body),
      messages.map(({ occurredAt }) => occurredAt),
    ],
  );
  const urls = messages.flatMap(({ id, clientId, callbackUrl }) =>
    callbackUrl === null ? [] : [{ id, clientId, ...parseDestination(callbackUrl) }],
  );
  if (urls.length > 0) await ensureDestinations(manager, urls);
  await manager.query(
    `WITH message AS (
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) WITH ORDINALITY
         AS m(id, client_id, type, only_endpoint, place)
     ), wanted AS (
       SELECT u.id, u.url, u.address FROM unnest($5::uuid[], $6::text[], $7::text[]) AS u(id, url, address)
     ), target AS (
       SELECT m.place, m.id, m.client_id, t.id AS destination_id, e.id AS endpoint_id, e.url
       FROM message m
       JOIN webhook_endpoint e ON e.client_id = m.client_id
       JOIN webhook_destination t ON t.endpoint_id = e.id
       LEFT JOIN wanted w ON w.id = m.id AND w.url = e.url
       WHERE e.verified_at IS NOT NULL AND (t.disabled_reason IS NULL OR t.disabled_reason = 'failing')
         AND CASE WHEN m.only_endpoint IS NOT NULL THEN e.id = m.only_endpoint
           ELSE w.id IS NOT NULL OR EXISTS (
             SELECT FROM unnest(e.event_types) AS pattern
             WHERE pattern = m.type OR pattern = '*'
               OR (right(pattern, 2) = '.*' AND starts_with(m.type, left(pattern, -1)))) END
       UNION ALL
       SELECT m.place, m.id, m.client_id, t.id, NULL, w.url
       FROM message m
       JOIN wanted w ON w.id = m.id
       JOIN webhook_destination t ON t.client_id = m.client_id AND t.address = w.address AND t.endpoint_id IS NULL
       WHERE NOT EXISTS (SELECT FROM webhook_endpoint e WHERE e.client_id = m.client_id AND e.url = w.url)
     )
     INSERT INTO delivery (id, message_id, client_id, destination_id, endpoint_id, url, give_up_at)
     SELECT uuid_v7(), id, client_id, destination_id, endpoint_id, url, now() + make_interval(secs => $8)
     FROM target ORDER BY place
     ON CONFLICT ON CONSTRAINT one_delivery_per_url DO NOTHING`,
    [
      messages.map(({ id }) => id),
      messages.map(({ clientId }) => clientId),
      messages.map(({ type }) => type),
      messages.map(({ onlyEndpoint }) => onlyEndpoint ?? null),
      urls.map(({ id }) => id),
      urls.map(({ url }) => url),
      urls.map(({ address }) => address),
      giveUpAfterMs / 1_000,
    ],
  );
}

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
    const held = await manager.query<unknown[]>(
      `SELECT FROM webhook_destination t JOIN unnest($1::uuid[], $2::text[]) AS u(client_id, address)
         ON t.client_id = u.client_id AND t.address = u.address
       WHERE t.endpoint_id IS NULL FOR KEY SHARE OF t`,
      [columns[1], columns[2]],
    );
    // Less when the sweeper removed one in between.
    if (held.length === unique.length) return;
  }
}
