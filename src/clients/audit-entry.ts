/** The administrative acts. */
export const AUDIT_ACTIONS = [
  'client.created',
  'key.issued',
  'key.rotated',
  'key.revoked',
  'job.retried',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Whose request an administrative act comes from. */
export interface Actor {
  clientId: string;
  keyId: string;
  requestId: string;
}

/** A row of the audit trail, as it comes from the database. */
export interface AuditEntry {
  id: string;
  actor_client_id: string;
  actor_key_id: string;
  action: AuditAction;
  client_id: string;
  key_id: string | null;
  details: object;
  request_id: string;
  occurred_at: Date;
}

/**
 * The part of a statement that writes one entry for each row of a CTE: the act and its entry are one statement, so
 * neither can be without the other. `$1`, `$2` and `$3` are the actor's, as `actorParameters` gives them.
 *
 * @param source what follows `SELECT` for the client's id, the key's id and the details, with its `FROM`
 */
export const writeAudit = (action: AuditAction, source: string): string => `
  audited AS (
    INSERT INTO audit_entry (actor_client_id, actor_key_id, request_id, action, client_id, key_id, details)
    SELECT $1::uuid, $2::uuid, $3::text, '${action}', ${source}
  )`;

export const actorParameters = (actor: Actor): [string, string, string] => [
  actor.clientId,
  actor.keyId,
  actor.requestId,
];
