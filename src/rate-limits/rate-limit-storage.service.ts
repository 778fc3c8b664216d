import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type Redis from 'ioredis';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../config/app-config';
import { RedisConnectionsService } from '../redis/redis-connections.service';

/** Counts requests in a window that begins with the first one; answers the count and what is left of the window. */
const COUNT = `
local hits = redis.call('INCRBY', KEYS[1], ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {hits, left}`;

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

type CountingRedis = Redis & {
  countRequests(key: string, windowMs: number, hits: number): Promise<[number, number]>;
};

/** Requests of a window, and when it ends, in milliseconds since the epoch. */
interface Tally {
  hits: number;
  endsAt: number;
}

/** A window as Redis last had it, with what was admitted since. */
interface Window extends Tally {
  seenAt: number;
}

/** A request waits for the exact count only when less than this is left of the quota. */
const MARGIN = 0.2;
const LEAST_MARGIN = 20;
const SEEN_FOR_MS = 1_000;
/** How long a request far from the limit may be unknown to the other processes. */
const SEND_AFTER_MS = 50;
/** In memory, some 300 bytes each. What is not among them is asked of Redis. */
const MOST_WINDOWS = 50_000;

/**
 * Counts requests in Redis, for all processes together. A request far from the limit is counted there too, but does not
 * wait for it: those of some milliseconds are sent together. While Redis is away each process counts for itself, and no
 * request waits for its return.
 */
@Injectable()
export class RateLimitStorageService implements ThrottlerStorage {
  private readonly windows = new LRUCache<string, Window>({ max: MOST_WINDOWS });
  /** What was counted here while Redis was away. */
  private readonly local = new LRUCache<string, Tally>({ max: MOST_WINDOWS });
  /** What was admitted in the last milliseconds and Redis does not have yet. */
  private readonly unsent = new Map<string, Tally>();
  /** A process that has no API counts for itself the few requests that it gets. */
  private readonly redis: CountingRedis | undefined;

  constructor(
    private readonly connections: RedisConnectionsService,
    config: AppConfig,
  ) {
    if (!config.runsApi) return;
    this.redis = connections.open('counts') as CountingRedis;
    this.redis.defineCommand('countRequests', { lua: COUNT, numberOfKeys: 1 });
  }

  /** Counts a request in the window of this key, which begins with its first one. Times are answered in seconds. */
  async increment(key: string, windowMs: number, limit: number): Promise<StorageRecord> {
    const { hits, endsAt } = await this.tally(key, windowMs, limit);
    const timeToExpire = Math.max(1, Math.ceil((endsAt - Date.now()) / 1_000));
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
  }

  /** What this process knows to be counted in the open window of this key. Asks nobody. */
  known(key: string): number {
    return (this.isAway() ? openOf(this.local, key) : openOf(this.windows, key))?.hits ?? 0;
  }

  private async tally(key: string, windowMs: number, limit: number): Promise<Tally> {
    const { redis } = this;
    if (redis === undefined || this.isAway()) return this.countLocally(key, windowMs);
    const window = openOf(this.windows, key);
    if (window !== undefined && Date.now() - window.seenAt < SEEN_FOR_MS) {
      if (limit - window.hits - 1 > Math.max(LEAST_MARGIN, limit * MARGIN)) {
        window.hits += 1;
        this.sendLater(redis, key, windowMs, window.endsAt);
        return { hits: window.hits, endsAt: window.endsAt };
      }
    }
    try {
      return await this.count(redis, key, windowMs, 1);
    } catch (error) {
      this.connections.reportAway(error as Error);
      return this.countLocally(key, windowMs);
    }
  }

  private isAway(): boolean {
    return this.connections.isAway || this.redis?.status !== 'ready';
  }

  private countLocally(key: string, windowMs: number): Tally {
    const { hits, endsAt } = openOf(this.local, key) ?? { hits: 0, endsAt: Date.now() + windowMs };
    const tally = { hits: hits + 1, endsAt };
    this.local.set(key, tally);
    return tally;
  }

  private sendLater(redis: CountingRedis, key: string, windowMs: number, endsAt: number): void {
    const unsent = this.unsent.get(key);
    if (unsent !== undefined) {
      unsent.hits += 1;
      return;
    }
    this.unsent.set(key, { hits: 1, endsAt });
    setTimeout(() => {
      if (!this.unsent.has(key)) return;
      this.count(redis, key, windowMs, 0).catch((error: unknown) =>
        this.connections.reportAway(error as Error),
      );
    }, SEND_AFTER_MS).unref();
  }

  /** Counts requests in Redis, and with them those that it does not have yet. */
  private async count(redis: CountingRedis, key: string, windowMs: number, requests: number): Promise<Tally> {
    const unsent = this.takeUnsent(key);
    if (unsent + requests === 0) return { hits: 0, endsAt: Date.now() };
    const [hits, leftMs] = await redis.countRequests(key, windowMs, unsent + requests);
    const seenAt = Date.now();
    const endsAt = seenAt + leftMs;
    // What was admitted meanwhile has not arrived there yet.
    const known = hits + (this.unsent.get(key)?.hits ?? 0);
    const before = openOf(this.windows, key)?.hits ?? 0;
    this.windows.set(key, { hits: Math.max(before, known), endsAt, seenAt });
    return { hits, endsAt };
  }

  /** What belongs to a window that has ended meanwhile is not counted in the next one. */
  private takeUnsent(key: string): number {
    const unsent = this.unsent.get(key);
    this.unsent.delete(key);
    return unsent !== undefined && Date.now() < unsent.endsAt ? unsent.hits : 0;
  }
}

/** The window of this key that is open now. */
function openOf<T extends Tally>(windows: LRUCache<string, T>, key: string): T | undefined {
  const window = windows.get(key);
  return window !== undefined && Date.now() < window.endsAt ? window : undefined;
}
