import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { AppError } from '../common/app-error';
import { Batcher } from '../common/batcher';
import { hashApiKey, isDamaged } from './api-key';
import type { Caller } from './client';
import type { Scope } from './scope';

/** How long a key stays good in this process after another process revoked it, and a bad one bad. */
const TRUSTED_MS = 2_000;
/** Of the good keys, and of the bad ones. */
const MOST_KEPT = 10_000;
/** Of keys that were never seen, in one statement. */
const MOST_AT_ONCE = 200;
const MOST_WAITING = 1_000;

interface KeyRow {
  hash: Buffer;
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
 * Finds out who a key belongs to. A key that was good is trusted for two seconds without another look into the database;
 * its expiry counts to the millisecond nevertheless, and a revocation by this process at once.
 *
 * Anybody can send keys that look like ours. Those that were never seen are looked up together, in one statement at a
 * time: they keep one connection busy at the most, and a key that was good before does not wait behind them.
 */
@Injectable()
export class ApiKeyRecognitionService {
  /** Not a `TtlCache`: a key that was good is kept beyond its time, and what is forgotten may be on its way. */
  private readonly known = new LRUCache<string, KnownKey>({ max: MOST_KEPT });
  /** When keys proved bad. */
  private readonly bad = new LRUCache<string, number>({ max: MOST_KEPT });
  /** One look into the database for all requests that wait for the same key. */
  private readonly pending = new Map<string, Promise<KnownKey | null>>();
  private readonly unseen = new Batcher<Buffer, KnownKey | null>((hashes) => this.lookUp(hashes), {
    lanes: 1,
    most: MOST_AT_ONCE,
  });
  private waiting = 0;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * `null` for a key that is damaged, unknown, expired or revoked.
   *
   * @throws AppError 503 while too many keys that were never seen wait for their look-up
   */
  async recognize(key: string): Promise<Caller | null> {
    if (isDamaged(key)) return null;
    const hash = hashApiKey(key);
    const print = hash.toString('base64');
    const found = this.kept(print) ?? (await this.lookUpOnce(print, hash));
    return found === 'bad' || found === null || found.expiresAt <= Date.now() ? null : found.caller;
  }

  /** To be called after keys were changed: each is looked up anew. */
  forget(): void {
    for (const key of this.known.values()) key.checkedAt = 0;
    this.bad.clear();
    this.pending.clear();
  }

  /** What was found out about a key in the last two seconds. */
  private kept(print: string): KnownKey | 'bad' | undefined {
    const since = Date.now() - TRUSTED_MS;
    const known = this.known.get(print);
    if (known !== undefined) return known.checkedAt > since ? known : undefined;
    return (this.bad.get(print) ?? 0) > since ? 'bad' : undefined;
  }

  private lookUpOnce(print: string, hash: Buffer): Promise<KnownKey | null> {
    const pending = this.pending.get(print);
    if (pending !== undefined) return pending;
    const wasGood = this.known.get(print) !== undefined;
    const lookup = (
      wasGood ? this.lookUp([hash]).then(([found]) => found ?? null) : this.lookUpUnseen(hash)
    ).then((found) => {
      // What was forgotten in the meantime may be out of date by now.
      if (this.pending.get(print) === lookup) this.keep(print, found);
      return found;
    });
    this.pending.set(print, lookup);
    const done = (): void => {
      if (this.pending.get(print) === lookup) this.pending.delete(print);
    };
    lookup.then(done, done);
    return lookup;
  }

  private keep(print: string, found: KnownKey | null): void {
    if (found === null) {
      this.known.delete(print);
      this.bad.set(print, Date.now());
    } else this.known.set(print, found);
  }

  private async lookUpUnseen(hash: Buffer): Promise<KnownKey | null> {
    if (this.waiting >= MOST_WAITING) {
      throw new AppError(
        'unavailable',
        'temporarily_unavailable',
        'Too many unknown keys are being looked up.',
        {
          retryAfter: 1,
        },
      );
    }
    this.waiting += 1;
    try {
      return await this.unseen.run(hash);
    } finally {
      this.waiting -= 1;
    }
  }

  /** What is known of each, in their order. */
  private async lookUp(hashes: Buffer[]): Promise<(KnownKey | null)[]> {
    const checkedAt = Date.now();
    const rows = await this.dataSource.query<KeyRow[]>(
      `SELECT k.hash, k.id AS key_id, k.scopes, k.expires_at, c.id AS client_id, c.name AS client_name
       FROM api_key k JOIN client c ON c.id = k.client_id
       WHERE k.hash = ANY($1) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
      [hashes],
    );
    const found = new Map(
      rows.map((row) => [
        row.hash.toString('base64'),
        {
          caller: {
            client: { id: row.client_id, name: row.client_name },
            keyId: row.key_id,
            scopes: row.scopes,
          },
          expiresAt: row.expires_at?.getTime() ?? Infinity,
          checkedAt,
        },
      ]),
    );
    return hashes.map((hash) => found.get(hash.toString('base64')) ?? null);
  }
}
