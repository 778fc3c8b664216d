import type { EntityManager } from 'typeorm';
import { prepared } from '../../database/prepared';
import { parseDestination } from './destination';
import { newId } from '../../common/ids';
import { NUMBER_IN_FEED } from '../feed/feed-order.service';
import { writeDeliveries } from './new-deliveries';
import type { NewMessage } from './new-message';

/** Concurrency and rate of a destination that nobody has set otherwise. */
export const DEFAULT_CONCURRENCY = 8;
export const DEFAULT_PER_SECOND = 100;

/**
 * Writes messages and the duty to deliver each: to every endpoint that wants its type, and to the job's own URL; once
 * for each URL. An endpoint that is unverified, or disabled by its owner or by its own 410, is told nothing, and a job's
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
