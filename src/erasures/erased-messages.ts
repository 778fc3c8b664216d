import type { EntityManager } from 'typeorm';
import { type ErasureAtWork } from './erasure';
import { isAbout, labelTexts, type Traces, tracesParameters } from './traces';

/** Messages of one batch, of up to 27 kB each. */
const BATCH = 200;
/** Rows that one statement deletes beside them. */
const ROWS = 1_000;

/** Where a walk over the event feed of a client is. */
export interface MessageCursor {
  transaction: string;
  position: string;
}

/** In a body, as `callbackBody` writes it: `"metadata":{…},"tags":[…]`. */
const STRING = '"(?:[^"\\\\]|\\\\.)*"';
const LABELS = `substring(m.text FROM '"round":[0-9]+,("metadata":\\{(?:${STRING}[:,]?)*\\},"tags":\\[(?:${STRING},?)*\\])')`;

/** What only a job that is erased itself says of what it was: its result, and its labels. */
const HAS_MORE = ['"result":', '"metadata":{"', '"tags":["']
  .map((text) => `position('${text}' IN m.text) > 0`)
  .join(' OR ');

const FIRST: MessageCursor = { transaction: '0', position: '0' };

interface JudgedMessage extends MessageCursor {
  id: string;
  is_about: boolean;
}

export interface ErasedMessages {
  messages: number;
  /** Deliveries that were still to be made, and are not. */
  deliveries: number;
  /** Messages that somebody is sending: they are emptied when that has ended. */
  underWay: number;
  /** `null` at the end. */
  next: MessageCursor | null;
}

/**
 * Erases the person from messages: their bodies go, and with them what is still to be delivered, and what receivers
 * answered. Their ids stay in the feed, so that no reader misses one.
 */
export async function eraseFromMessages(
  manager: EntityManager,
  erasure: ErasureAtWork,
  traces: Traces,
  after: MessageCursor | null,
): Promise<ErasedMessages> {
  const { transaction, position } = after ?? FIRST;
  const page = await manager.query<JudgedMessage[]>(
    `SELECT m.id, m.transaction_id::text AS transaction, m.position::text AS position,
       m.text IS NOT NULL AND (${isAbout('m.text')} OR ${isAbout('l.labels')}
         OR (j.erased_at IS NOT NULL AND (${HAS_MORE}) AND j.parameters = '{}')) AS is_about
     FROM (
       SELECT id, job_id, transaction_id, position, convert_from(body, 'UTF8') AS text FROM webhook_message
       WHERE client_id = $3 AND (transaction_id, position) > ($4::xid8, $5::bigint)
       ORDER BY transaction_id, position LIMIT ${BATCH}
     ) m LEFT JOIN job j ON j.id = m.job_id CROSS JOIN LATERAL (SELECT ${labelTexts(LABELS)} AS labels OFFSET 0) l
     ORDER BY m.transaction_id, m.position`,
    [...tracesParameters(traces), erasure.client_id, transaction, position],
  );
  const about = page.filter(({ is_about }) => is_about).map(({ id }) => id);
  // Nobody has them delivered again in between.
  await manager.query('SELECT FROM webhook_message WHERE id = ANY($1) ORDER BY id FOR UPDATE', [about]);
  const deliveries = await cancelDeliveries(manager, about);
  const messages = await emptyMessages(manager, about);
  const all = page.map(({ id }) => id);
  await emptyAttempts(manager, all, about, traces);
  await shortenUrls(manager, all, traces);
  const last = page.at(-1);
  return {
    messages,
    deliveries,
    underWay: about.length - messages,
    next:
      last === undefined || page.length < BATCH
        ? null
        : { transaction: last.transaction, position: last.position },
  };
}

async function cancelDeliveries(manager: EntityManager, messageIds: string[]): Promise<number> {
  const rows = await manager.query<unknown[]>(
    `WITH ended AS (
       UPDATE delivery SET state = 'EXHAUSTED', finished_at = now(), failure = 'erased'
       WHERE message_id = ANY($1) AND state = 'PENDING' RETURNING id
     ) SELECT FROM ended`,
    [messageIds],
  );
  return rows.length;
}

/** Those that nobody is about to send. */
async function emptyMessages(manager: EntityManager, ids: string[]): Promise<number> {
  const rows = await manager.query<unknown[]>(
    `WITH emptied AS (
       UPDATE webhook_message m SET body = NULL WHERE id = ANY($1) AND body IS NOT NULL AND NOT EXISTS (
         SELECT FROM delivery d WHERE d.message_id = m.id AND d.state IN ('PENDING', 'DELIVERING'))
       RETURNING id
     ) SELECT FROM emptied`,
    [ids],
  );
  return rows.length;
}

async function emptyAttempts(
  manager: EntityManager,
  messageIds: string[],
  about: string[],
  traces: Traces,
): Promise<void> {
  await manager.query(
    `UPDATE delivery_attempt a SET response = NULL, detail = NULL FROM delivery d
     WHERE d.message_id = ANY($3) AND a.delivery_id = d.id AND (a.response IS NOT NULL OR a.detail IS NOT NULL)
       AND (d.message_id = ANY($4) OR ${isAbout(`concat_ws(' ', a.response, a.detail)`)})`,
    [...tracesParameters(traces), messageIds, about],
  );
}

/** Of an address that names the person its server is left. */
async function shortenUrls(manager: EntityManager, messageIds: string[], traces: Traces): Promise<void> {
  await manager.query(
    `UPDATE delivery SET url = substring(url FROM '^[a-z]+://[^/?#]*') || '/' WHERE message_id = ANY($3) AND ${isAbout('url')}`,
    [...tracesParameters(traces), messageIds],
  );
}

/** Destinations that are no endpoint and whose address names the person. */
export async function forgetDestinations(
  manager: EntityManager,
  clientId: string,
  traces: Traces,
): Promise<void> {
  await manager.query(
    `DELETE FROM webhook_destination WHERE client_id = $3 AND endpoint_id IS NULL AND ${isAbout('address')}`,
    [...tracesParameters(traces), clientId],
  );
}

/** Keys of requests are what callers made up. */
export async function forgetIdempotencyKeys(
  manager: EntityManager,
  clientId: string,
  traces: Traces,
): Promise<void> {
  await manager.query(`DELETE FROM idempotency_key WHERE client_id = $3 AND ${isAbout('key')}`, [
    ...tracesParameters(traces),
    clientId,
  ]);
}

/** Deletes messages of a client, with their deliveries and attempts. */
export async function deleteMessages(
  manager: EntityManager,
  clientId: string,
): Promise<{ messages: number; deliveries: number }> {
  const [gone] = await manager.query<{ messages: number; deliveries: number }[]>(
    `WITH next AS MATERIALIZED (
       SELECT id FROM webhook_message WHERE client_id = $1 ORDER BY transaction_id, position LIMIT ${BATCH}
     ), open AS MATERIALIZED (
       SELECT d.id FROM next JOIN delivery d ON d.message_id = next.id WHERE d.state IN ('PENDING', 'DELIVERING')
     ), gone AS (
       DELETE FROM webhook_message m USING next WHERE m.id = next.id RETURNING m.id
     )
     SELECT (SELECT count(*)::int FROM gone) AS messages, (SELECT count(*)::int FROM open) AS deliveries`,
    [clientId],
  );
  return gone ?? { messages: 0, deliveries: 0 };
}

/** Tables. Large ones are read in the order of an index on the client: else each batch may begin at the front of the table. */
const REST = {
  exhausted_delivery: '',
  delivery: 'ORDER BY id',
  webhook_destination: '',
  webhook_secret: '',
  idempotency_key: 'ORDER BY key',
};

/** Deletes what else is kept of a client's callbacks and requests. @returns how many rows; 0 when there are no more */
export async function deleteRest(manager: EntityManager, clientId: string): Promise<number> {
  let all = 0;
  for (const [table, order] of Object.entries(REST)) {
    const rows = await manager.query<unknown[]>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE client_id = $1 ${order} LIMIT ${ROWS}))
         RETURNING client_id
       ) SELECT FROM gone`,
      [clientId],
    );
    all += rows.length;
  }
  return all;
}
