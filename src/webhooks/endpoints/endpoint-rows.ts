import type { EntityManager } from 'typeorm';
import { AppError, notFound } from '../../common/app-error';
import { parseDestination, RECOVER } from '../deliveries/destination';
import { DEFAULT_CONCURRENCY, DEFAULT_PER_SECOND } from '../deliveries/messages';
import { DisabledReason } from '../deliveries/destination';
import { Endpoint, SELECT_ENDPOINT } from './endpoint';
import type { EndpointChange, EndpointRequest } from './endpoint.dto';
import { WebhookEndpointEntity } from './webhook-endpoint.entity';

/** More would be a mistake, and each costs a look at every event. */
const MAX_ENDPOINTS = 100;
/** The URL may be a stranger's, who is not to be called all the time. */
const CHALLENGE_EVERY_SECONDS = 10;

/** What of an endpoint is sealed at rest, as it is stored: `null` and no names where there is none. */
export interface SealedSettings {
  clientKey: Buffer | null;
  headers: Buffer | null;
  headerNames: string[];
}

/** @throws AppError 409 when the URL is taken, or the client has too many endpoints */
export async function insertEndpoint(
  manager: EntityManager,
  clientId: string,
  id: string,
  url: string,
  request: EndpointRequest,
  sealed: SealedSettings,
): Promise<void> {
  const rows = await manager.query<unknown[]>(
    `INSERT INTO webhook_endpoint (id, client_id, url, description, event_types, tags, signatures, certificate_authority,
         client_certificate, client_key, headers, header_names)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
       WHERE (SELECT count(*) FROM webhook_endpoint WHERE client_id = $2) < ${MAX_ENDPOINTS}
       ON CONFLICT ON CONSTRAINT webhook_endpoint_url DO NOTHING RETURNING id`,
    [
      id,
      clientId,
      url,
      request.description ?? '',
      request.event_types ?? ['*'],
      request.tags ?? [],
      request.signatures ?? ['v1'],
      request.certificate_authority ?? null,
      request.client_certificate ?? null,
      sealed.clientKey,
      sealed.headers,
      sealed.headerNames,
    ],
  );
  if (rows.length === 0) await refuse(manager, clientId, url);
  const { address, origin } = parseDestination(url);
  const concurrency = request.max_concurrency ?? DEFAULT_CONCURRENCY;
  await manager.query(
    `INSERT INTO webhook_destination (id, client_id, endpoint_id, address, origin, max_concurrency, max_per_second,
         concurrency)
       VALUES ($1, $2, $1, $3, $4, $5, $6, $5)`,
    [id, clientId, address, origin, concurrency, request.max_per_second ?? DEFAULT_PER_SECOND],
  );
}

/**
 * Holds an endpoint until the transaction ends: whatever else would change or remove it waits. Everybody locks in this
 * order: the destination, its endpoint, the secrets. Whoever removes it deletes all three, and its deliveries let go.
 *
 * @returns it as it is now
 * @throws AppError 404
 */
export async function lockEndpoint(
  manager: EntityManager,
  clientId: string,
  id: string,
  strength: 'NO KEY UPDATE' | 'UPDATE' = 'NO KEY UPDATE',
): Promise<Endpoint> {
  await manager.query(
    `SELECT FROM webhook_endpoint e JOIN webhook_destination t ON t.endpoint_id = e.id
     WHERE e.id = $1 AND e.client_id = $2 FOR ${strength} OF t, e`,
    [id, clientId],
  );
  // Only now: what was changed while this waited is seen.
  const rows = await manager.query<Endpoint[]>(`${SELECT_ENDPOINT} WHERE e.id = $1 AND e.client_id = $2`, [
    id,
    clientId,
  ]);
  if (rows[0] === undefined) throw notFound('endpoint');
  return rows[0];
}

/** @throws AppError 429 when its owner had a challenge sent a moment ago, by asking for it or by another URL */
export async function noteChallenge(manager: EntityManager, clientId: string, id: string): Promise<void> {
  const [, noted] = await manager.query<[unknown[], number]>(
    `UPDATE webhook_endpoint SET challenge_asked_at = now()
     WHERE id = $1 AND client_id = $2
       AND (challenge_asked_at IS NULL OR challenge_asked_at <= now() - make_interval(secs => $3))`,
    [id, clientId, CHALLENGE_EVERY_SECONDS],
  );
  if (noted === 1) return;
  throw new AppError('too_many', 'challenged_just_now', 'A challenge was sent a moment ago.', {
    retryAfter: CHALLENGE_EVERY_SECONDS,
  });
}

/**
 * @param before as it is locked
 * @param url when it has another one
 * @param disabledReason that it has then
 * @throws AppError 409 when the URL is that of another endpoint
 */
export async function updateEndpoint(
  manager: EntityManager,
  before: Endpoint,
  url: string | null,
  disabledReason: DisabledReason | null,
  change: EndpointChange,
  sealed: SealedSettings,
): Promise<void> {
  const { id, client_id } = before;
  if (url !== null && (await isTaken(manager, client_id, url))) throw urlTaken();
  await manager.query(
    `UPDATE webhook_endpoint SET updated_at = now(), url = coalesce($2, url),
         verified_at = CASE WHEN $2::text IS NULL THEN verified_at END,
         description = coalesce($3, description), event_types = coalesce($4, event_types),
         tags = coalesce($5, tags), signatures = coalesce($6, signatures),
         certificate_authority = CASE WHEN $7 THEN $8 ELSE certificate_authority END,
         client_certificate = CASE WHEN $9 THEN $10 ELSE client_certificate END,
         client_key = CASE WHEN $9 THEN $11::bytea ELSE client_key END,
         headers = CASE WHEN $12 THEN $13::bytea ELSE headers END,
         header_names = CASE WHEN $12 THEN $14::text[] ELSE header_names END
       WHERE id = $1`,
    [
      id,
      url,
      change.description ?? null,
      change.event_types ?? null,
      change.tags ?? null,
      change.signatures ?? null,
      change.certificate_authority !== undefined,
      change.certificate_authority ?? null,
      change.client_certificate !== undefined,
      change.client_certificate ?? null,
      sealed.clientKey,
      change.headers !== undefined,
      sealed.headers,
      sealed.headerNames,
    ],
  );
  const { address, origin } = parseDestination(url ?? before.url);
  await manager.query(
    `UPDATE webhook_destination SET address = $2, origin = $3, max_concurrency = coalesce($4, max_concurrency),
         concurrency = least(concurrency, coalesce($4, max_concurrency)),
         max_per_second = coalesce($5, max_per_second), disabled_reason = $6,
         disabled_at = CASE WHEN $6::text IS NULL THEN NULL WHEN $6 = disabled_reason THEN disabled_at ELSE now() END
       WHERE id = $1`,
    [id, address, origin, change.max_concurrency ?? null, change.max_per_second ?? null, disabledReason],
  );
  // Another URL begins with a clean slate, as does one that its owner has repaired.
  const isEnabled = before.disabled_reason !== null && disabledReason === null;
  if (url !== null || isEnabled) await forgetFailures(manager, id);
}

async function forgetFailures(manager: EntityManager, id: string): Promise<void> {
  await manager.query(
    `UPDATE webhook_destination SET failures = 0, failing_since = NULL, paused_until = now(), ${RECOVER}
     WHERE id = $1`,
    [id],
  );
}

async function refuse(manager: EntityManager, clientId: string, url: string): Promise<never> {
  if (await isTaken(manager, clientId, url)) throw urlTaken();
  throw new AppError('conflict', 'too_many_endpoints', `A client may have ${MAX_ENDPOINTS} endpoints.`);
}

function isTaken(manager: EntityManager, clientId: string, url: string): Promise<boolean> {
  return manager.existsBy(WebhookEndpointEntity, { client_id: clientId, url });
}

const urlTaken = (): AppError =>
  new AppError('conflict', 'endpoint_exists', 'There is an endpoint with this URL already.', {
    errors: [{ field: 'url', message: 'url is that of another endpoint' }],
  });
