import type { EntityManager } from 'typeorm';

/** The administrative acts. What callers do with their own jobs is in the jobs' events. */
export const AUDIT_ACTIONS = [
  'client.created',
  'key.issued',
  'key.changed',
  'key.rotated',
  'key.revoked',
  'job.retried',
  'file.deleted',
  'settings.changed',
  'brand.changed',
  'logo.changed',
  'logo.deleted',
  'secret.rotated',
  'secret.resealed',
  'endpoint.created',
  'endpoint.changed',
  'endpoint.challenged',
  'endpoint.deleted',
  'delivery.redelivered',
  'delivery.resend_requested',
  'erasure.requested',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Whose request an administrative act comes from. */
export interface Actor {
  clientId: string;
  keyId: string;
  requestId: string;
}

/** The actor of what a process does by its configuration while it starts. */
export const START = 'start';

/** `key`: a request with an API key. `start`: the start of a process, which has no client, key or request. */
export const ACTOR_TYPES = ['key', START] as const;

export type ActorType = (typeof ACTOR_TYPES)[number];

/**
 * The part of a statement that writes one entry for each row of a CTE: the act and its entry are one statement, so
 * neither can be without the other. `$1`, `$2` and `$3` are the actor's, as `actorParameters` gives them.
 *
 * @param source what follows `SELECT` for the client's id, the key's id and the details, with its `FROM`; the details hold
 *   no secret, and of a URL its origin alone, since its path may be one
 */
export const writeAudit = (action: AuditAction, source: string): string => `
  audited AS (
    INSERT INTO audit_entry (actor_type, actor_client_id, actor_key_id, request_id, action, client_id, key_id, details)
    SELECT CASE WHEN $2::uuid IS NULL THEN '${START}' ELSE 'key' END, $1::uuid, $2::uuid, $3::text, '${action}', ${source}
  )`;

export const actorParameters = (
  actor: Actor | typeof START,
): [string | null, string | null, string | null] =>
  actor === START ? [null, null, null] : [actor.clientId, actor.keyId, actor.requestId];

/** Writes the entry of what a client did to its own, where that is several statements: within their transaction. */
export const recordAct = (
  manager: EntityManager,
  actor: Actor,
  action: AuditAction,
  details: Record<string, unknown>,
): Promise<unknown> =>
  manager.query(`WITH ${writeAudit(action, '$1::uuid, NULL::uuid, $4::jsonb')} SELECT`, [
    ...actorParameters(actor),
    JSON.stringify(details),
  ]);
