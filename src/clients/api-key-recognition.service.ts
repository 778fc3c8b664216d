import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { AppError } from '../common/app-error';
import { Batcher } from '../common/batcher';
import { Loop } from '../common/loop';
import { prepared } from '../database/prepared';
import { hashApiKey, isDamaged } from './api-key';
import type { Caller } from './client';
import type { Scope } from './scope';

/** How long a key stays good in this process after another process revoked it, and a bad one bad. */
const TRUSTED_MS = 2_000;
/** How often what changed is read: once more may fail. */
const ROUND_MS = 900;
/** Changes are kept for an hour. Who did not read for so long may have missed some. */
const READ_BY_MS = 600_000;
/** Beyond so many changes at once every key is looked up anew. */
const MOST_CHANGES = 10_000;
/** Some 500 bytes each. */
const MOST_GOOD = 100_000;
const MOST_BAD = 10_000;
/** In one statement. */
const MOST_AT_ONCE = 200;
/** Of keys that were never seen. */
const MOST_WAITING = 1_000;

/**
 * Keys whose changes were committed between two snapshots, in whatever order their transactions began, and the later one. A
 * dump from another cluster may bring numbers that this one has yet to reach: they are of before.
 */
const CHANGED_KEYS = prepared(
  'changed_keys',
  `
  SELECT pg_current_snapshot()::text AS snapshot, ARRAY(
    SELECT encode(hash, 'base64') FROM api_key_change
    WHERE transaction_id >= pg_snapshot_xmin($1::text::pg_snapshot)
      AND transaction_id < pg_snapshot_xmax(pg_current_snapshot())
      AND NOT pg_visible_in_snapshot(transaction_id, $1::text::pg_snapshot)
    LIMIT ${MOST_CHANGES + 1}) AS changed`,
);

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
  /** When it was looked up; 0 since it changed. */
  checkedAt: number;
}

/**
 * Finds out who a key belongs to. A key that was good is kept until it changes: one statement a second reads which keys
 * did. While that fails, a key is trusted for two seconds after it was looked up. Its expiry counts to the millisecond
 * nevertheless, and a revocation by this process at once.
 *
 * Anybody can send keys that look like ours. Those that were never seen are looked up together, in one statement at a
 * time: they keep one connection busy at the most, and a key that was good before does not wait behind them.
 */
@Injectable()
export class ApiKeyRecognitionService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ApiKeyRecognitionService.name);
  private readonly loop = new Loop('reading of changed keys', ROUND_MS, () => this.round(), this.logger);
  /** When the last reading of changes began that succeeded. */
  private readAt = 0;
  /** What it saw, as Postgres writes it. */
  private snapshot: string | undefined;
  /** Not a `TtlCache`: a key that was good is kept after it changed, and what is forgotten may be on its way. */
  private readonly known = new LRUCache<string, KnownKey>({ max: MOST_GOOD });
  /** When keys proved bad. */
  private readonly bad = new LRUCache<string, number>({ max: MOST_BAD });
  /** One look into the database for all requests that wait for the same key. */
  private readonly pending = new Map<string, Promise<KnownKey | null>>();
  private readonly seen = new Batcher<Buffer, KnownKey | null>((hashes) => this.lookUp(hashes), {
    lanes: 2,
    most: MOST_AT_ONCE,
  });
  private readonly unseen = new Batcher<Buffer, KnownKey | null>((hashes) => this.lookUp(hashes), {
    lanes: 1,
    most: MOST_AT_ONCE,
  });
  private waiting = 0;
  /** Hashes by the ids of their keys, which neither of them changes. */
  private readonly hashes = new LRUCache<string, Buffer>({ max: MOST_GOOD });

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /**
   * `null` for a key that is damaged, unknown, expired or revoked.
   *
   * @throws AppError 503 while too many keys that were never seen wait for their look-up
   */
  async recognize(key: string): Promise<Caller | null> {
    return isDamaged(key) ? null : this.recognizeHash(hashApiKey(key));
  }

  /**
   * The same for a key of which the id is known. Only for ids that we have signed: each that is none costs a statement.
   */
  async recognizeById(keyId: string): Promise<Caller | null> {
    const hash = this.hashes.get(keyId) ?? (await this.readHash(keyId));
    return hash === undefined ? null : this.recognizeHash(hash);
  }

  /** To be called after keys were changed: those are looked up anew. */
  async refresh(): Promise<void> {
    this.bad.clear();
    await this.readChanges().catch(() => this.forget());
  }

  private async readHash(keyId: string): Promise<Buffer | undefined> {
    const [key] = await this.dataSource.query<{ hash: Buffer }[]>('SELECT hash FROM api_key WHERE id = $1', [
      keyId,
    ]);
    if (key !== undefined) this.hashes.set(keyId, key.hash);
    return key?.hash;
  }

  private async recognizeHash(hash: Buffer): Promise<Caller | null> {
    const print = hash.toString('base64');
    const found = this.kept(print) ?? (await this.lookUpOnce(print, hash));
    return found === 'bad' || found === null || found.caller.expiresAt <= Date.now() ? null : found.caller;
  }

  private async round(): Promise<void> {
    if (this.known.size > 0) await this.readChanges();
  }

  private async readChanges(): Promise<void> {
    const began = Date.now();
    const [{ snapshot, changed }] = await this.dataSource.query<[{ snapshot: string; changed: string[] }]>(
      CHANGED_KEYS,
      [this.snapshot ?? null],
    );
    const missed =
      this.snapshot === undefined ||
      // The cluster has become another one.
      oldestOf(snapshot) < oldestOf(this.snapshot) ||
      began - this.readAt > READ_BY_MS;
    if (missed || changed.length > MOST_CHANGES) this.forget();
    else for (const print of changed) this.forgetOne(print);
    this.snapshot = snapshot;
    this.readAt = began;
  }

  private forget(): void {
    for (const key of this.known.values()) key.checkedAt = 0;
    this.pending.clear();
  }

  private forgetOne(print: string): void {
    const key = this.known.peek(print);
    if (key !== undefined) key.checkedAt = 0;
    // What is being looked up may be what it was before.
    this.pending.delete(print);
  }

  /** What is known about a key, unless that may be out of date. */
  private kept(print: string): KnownKey | 'bad' | undefined {
    const since = Date.now() - TRUSTED_MS;
    const known = this.known.get(print);
    if (known === undefined) return (this.bad.get(print) ?? 0) > since ? 'bad' : undefined;
    return known.checkedAt > since || (known.checkedAt > 0 && this.readAt > since) ? known : undefined;
  }

  private lookUpOnce(print: string, hash: Buffer): Promise<KnownKey | null> {
    const pending = this.pending.get(print);
    if (pending !== undefined) return pending;
    const wasGood = this.known.get(print) !== undefined;
    const lookup = (wasGood ? this.seen.run(hash) : this.lookUpUnseen(hash)).then((found) => {
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
            expiresAt: row.expires_at?.getTime() ?? Infinity,
          },
          checkedAt,
        },
      ]),
    );
    return hashes.map((hash) => found.get(hash.toString('base64')) ?? null);
  }
}

/** The oldest transaction that was open in a snapshot: `xmin:xmax:open`. */
const oldestOf = (snapshot: string): bigint => BigInt(snapshot.slice(0, snapshot.indexOf(':')));
