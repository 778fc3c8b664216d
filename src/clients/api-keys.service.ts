import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashApiKey, isDamaged, shownPrefix } from './api-key';
import type { Caller } from './client';
import type { Scope } from './scope';

/** Issues API keys and recognizes them. */
@Injectable()
export class ApiKeys {
  constructor(private readonly dataSource: DataSource) {}

  /** Who this key belongs to; `null` for one that is damaged, unknown, expired or revoked. */
  async recognize(key: string): Promise<Caller | null> {
    if (isDamaged(key)) return null;
    const rows = await this.dataSource.query<
      { key_id: string; scopes: Scope[]; client_id: string; client_name: string }[]
    >(
      `SELECT k.id AS key_id, k.scopes, c.id AS client_id, c.name AS client_name
       FROM api_key k JOIN client c ON c.id = k.client_id
       WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
      [hashApiKey(key)],
    );
    const row = rows[0];
    if (row === undefined) return null;
    return { client: { id: row.client_id, name: row.client_name }, keyId: row.key_id, scopes: row.scopes };
  }

  /** Sees to it that a client of this name exists and that this key is its own. Safe at every start. */
  async ensure(clientName: string, keyName: string, key: string, scopes: Scope[]): Promise<string> {
    const [client] = await this.dataSource.query<{ id: string }[]>(
      `WITH made AS (INSERT INTO client (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING id)
       SELECT id FROM made UNION ALL SELECT id FROM client WHERE name = $1 LIMIT 1`,
      [clientName],
    );
    if (client === undefined) return this.ensure(clientName, keyName, key, scopes);
    await this.dataSource.query(
      `INSERT INTO api_key (client_id, name, hash, prefix, scopes) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (hash) DO UPDATE SET scopes = excluded.scopes`,
      [client.id, keyName, hashApiKey(key), shownPrefix(key), scopes],
    );
    return client.id;
  }
}
