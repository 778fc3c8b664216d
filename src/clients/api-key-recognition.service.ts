import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { hashApiKey, isDamaged } from './api-key';
import type { Caller } from './client';
import type { Scope } from './scope';

/** How long a key stays good in this process after another process revoked it. */
const TRUSTED_MS = 2_000;
const MOST_KNOWN = 10_000;

interface KeyRow {
  key_id: string;
  scopes: Scope[];
  expires_at: Date | null;
  client_id: string;
  client_name: string;
}

interface KnownKey {
  caller: Caller;
  expiresAt: number;
  checkedAt: number;
}

/**
 * Tells who a key belongs to. A key that was good is trusted for two seconds without another look into the database;
 * its expiry counts to the millisecond nevertheless, and a revocation by this process at once.
 */
@Injectable()
export class ApiKeyRecognition {
  private readonly known = new Map<string, KnownKey>();
  /** One look into the database for all requests that wait for the same key. */
  private readonly pending = new Map<string, Promise<KnownKey | null>>();

  constructor(private readonly dataSource: DataSource) {}

  /** `null` for a key that is damaged, unknown, expired or revoked. */
  async recognize(key: string): Promise<Caller | null> {
    const hash = hashApiKey(key);
    const print = hash.toString('base64');
    const remembered = this.known.get(print);
    const found =
      remembered !== undefined && Date.now() - remembered.checkedAt < TRUSTED_MS
        ? remembered
        : isDamaged(key)
          ? null
          : await this.lookUpOnce(print, hash);
    return found === null || found.expiresAt <= Date.now() ? null : found.caller;
  }

  /** Whether the key was good when it was last looked up. Never asks the database. */
  isKnown(key: string): boolean {
    return this.known.has(hashApiKey(key).toString('base64'));
  }

  /** To be called after keys were changed: each is looked up anew. What was good until now still counts as known. */
  forget(): void {
    for (const key of this.known.values()) key.checkedAt = 0;
    this.pending.clear();
  }

  private lookUpOnce(print: string, hash: Buffer): Promise<KnownKey | null> {
    const pending = this.pending.get(print);
    if (pending !== undefined) return pending;
    const lookup = this.lookUp(hash).then((found) => {
      // What was forgotten in the meantime may be out of date by now.
      if (this.pending.get(print) === lookup) this.remember(print, found);
      return found;
    });
    this.pending.set(print, lookup);
    const done = (): void => {
      if (this.pending.get(print) === lookup) this.pending.delete(print);
    };
    lookup.then(done, done);
    return lookup;
  }

  private remember(print: string, found: KnownKey | null): void {
    if (found === null) {
      this.known.delete(print);
      return;
    }
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.set(print, found);
  }

  private async lookUp(hash: Buffer): Promise<KnownKey | null> {
    const checkedAt = Date.now();
    const [row] = await this.dataSource.query<KeyRow[]>(
      `SELECT k.id AS key_id, k.scopes, k.expires_at, c.id AS client_id, c.name AS client_name
       FROM api_key k JOIN client c ON c.id = k.client_id
       WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
      [hash],
    );
    if (row === undefined) return null;
    return {
      caller: { client: { id: row.client_id, name: row.client_name }, keyId: row.key_id, scopes: row.scopes },
      expiresAt: row.expires_at?.getTime() ?? Infinity,
      checkedAt,
    };
  }
}
