import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { hashApiKey, shownPrefix } from './api-key';
import { ApiKeysService } from './api-keys.service';
import { actorParameters, START, writeAudit } from './audit-entry';
import type { Scope } from './scope';

/** Why a configured key is not good: it stays as it is, whatever starts. */
export type ConfiguredKeyRefusal = 'revoked' | 'expired' | 'of_another_client';

/** What a start found or made for a configured key. */
export interface ConfiguredKey {
  clientId: string;
  /** `null` when the key is good. */
  refusal: ConfiguredKeyRefusal | null;
}

interface StoredKey {
  id: string;
  refusal: ConfiguredKeyRefusal | null;
}

/** The keys that a start is configured with. What is done for them goes into the audit trail, as done by a start. */
@Injectable()
export class ConfiguredKeysService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: ApiKeysService,
  ) {}

  /**
   * Sees to it that a client of this name exists, that this key is its own, with these scopes, and that the key which
   * it replaces as the value of its variable is revoked. A key that was revoked or has expired stays so, and then
   * nothing is replaced. Safe at every start, also at several at once.
   *
   * @param variable which the key is the value of; it becomes the key's name
   */
  async ensure(clientName: string, variable: string, key: string, scopes: Scope[]): Promise<ConfiguredKey> {
    const hash = hashApiKey(key);
    const ensured = await this.dataSource.transaction(async (manager) => {
      // Until the transaction ends: of several starts one comes first, and the next sees all that it did.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('configured key of ' || $1, 0))`, [
        clientName,
      ]);
      const clientId = await ensureClient(manager, clientName);
      await issueUnlessKnown(manager, clientId, variable, key, scopes);
      const { id, refusal } = await read(manager, clientId, hash);
      if (refusal === null) {
        await change(manager, id, scopes);
        await revokeReplaced(manager, clientId, variable, id);
      }
      return { clientId, refusal };
    });
    await this.keys.notifyChanged();
    return ensured;
  }
}

async function ensureClient(manager: EntityManager, name: string): Promise<string> {
  await manager.query(
    `WITH made AS (
       INSERT INTO client (name) VALUES ($4) ON CONFLICT (name) DO NOTHING RETURNING id, name
     ), ${writeAudit('client.created', `id, NULL::uuid, jsonb_build_object('name', name) FROM made`)}
     SELECT FROM made`,
    [...actorParameters(START), name],
  );
  // A statement of its own, which sees the client that another start has made while this one waited for it.
  const [client] = await manager.query<{ id: string }[]>('SELECT id FROM client WHERE name = $1', [name]);
  if (client === undefined) throw new Error(`The client ${name} was removed while it was looked for.`);
  return client.id;
}

const issueUnlessKnown = (
  manager: EntityManager,
  clientId: string,
  variable: string,
  key: string,
  scopes: Scope[],
): Promise<unknown> =>
  manager.query(
    `WITH made AS (
       INSERT INTO api_key (client_id, name, hash, prefix, scopes, configured) VALUES ($4, $5, $6, $7, $8, true)
       ON CONFLICT (hash) DO NOTHING RETURNING *
     ), ${writeAudit(
       'key.issued',
       `client_id, id, jsonb_build_object('name', name, 'scopes', scopes, 'expires_at', expires_at) FROM made`,
     )}
     SELECT FROM made`,
    [...actorParameters(START), clientId, variable, hashApiKey(key), shownPrefix(key), scopes],
  );

async function read(manager: EntityManager, clientId: string, hash: Buffer): Promise<StoredKey> {
  const [stored] = await manager.query<StoredKey[]>(
    `SELECT id, CASE WHEN client_id <> $1 THEN 'of_another_client' WHEN revoked_at IS NOT NULL THEN 'revoked'
       WHEN expires_at <= now() THEN 'expired' END AS refusal
     FROM api_key WHERE hash = $2 FOR UPDATE`,
    [clientId, hash],
  );
  if (stored === undefined) throw new Error('The configured key was removed while it was looked for.');
  return stored;
}

/** Gives a key that this version has other scopes for what it has to have; one that somebody issued becomes the start's. */
const change = (manager: EntityManager, id: string, scopes: Scope[]): Promise<unknown> =>
  manager.query(
    `WITH changed AS (
       UPDATE api_key SET scopes = $5, configured = true WHERE id = $4 AND (scopes <> $5 OR NOT configured) RETURNING *
     ), ${writeAudit('key.changed', `client_id, id, jsonb_build_object('scopes', scopes) FROM changed`)}
     SELECT FROM changed`,
    [...actorParameters(START), id, scopes],
  );

/** Only what starts have issued: a key that somebody made may have the same name. */
const revokeReplaced = (
  manager: EntityManager,
  clientId: string,
  variable: string,
  id: string,
): Promise<unknown> =>
  manager.query(
    `WITH revoked AS (
       UPDATE api_key SET revoked_at = now()
       WHERE client_id = $4 AND name = $5 AND id <> $6 AND configured AND revoked_at IS NULL
       RETURNING *
     ), ${writeAudit('key.revoked', `client_id, id, jsonb_build_object('replaced_by', $6::uuid) FROM revoked`)}
     SELECT FROM revoked`,
    [...actorParameters(START), clientId, variable, id],
  );
