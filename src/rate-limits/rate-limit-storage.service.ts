import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import Redis from 'ioredis';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../config/app-config';
import { REDIS_TIMEOUT_MS } from './redis-timeout';

const PROBE_EVERY_MS = 1_000;

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
 * request waits for its return: a probe in the background notices it.
 */
@Injectable()
export class RateLimitStorage implements ThrottlerStorage, OnApplicationShutdown {
  private readonly logger = new Logger(RateLimitStorage.name);
  private readonly windows = new LRUCache<string, Window>({ max: MOST_WINDOWS });
  /** What was counted here while Redis was away. */
  private readonly local = new LRUCache<string, Tally>({ max: MOST_WINDOWS });
  /** What was admitted in the last milliseconds and Redis does not have yet. */
  private readonly unsent = new Map<string, Tally>();
  private readonly redis: CountingRedis;
  private probe: NodeJS.Timeout | undefined;
  private away = true;
  private closed = false;

  constructor(config: AppConfig) {
    this.redis = new Redis(config.redisUrl, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      commandTimeout: REDIS_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), PROBE_EVERY_MS),
      scripts: { countRequests: { lua: COUNT, numberOfKeys: 1 } },
    }) as CountingRedis;
    this.redis.on('ready', () => {
      this.away = false;
    });
    // Its commands fail by themselves, and are counted here instead.
    this.redis.on('error', () => undefined);
    if (config.runsApi) this.redis.connect().catch(() => undefined);
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

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.probe);
    this.redis.disconnect();
  }

  private async tally(key: string, windowMs: number, limit: number): Promise<Tally> {
    if (this.isAway()) return this.countLocally(key, windowMs);
    const window = openOf(this.windows, key);
    if (window !== undefined && Date.now() - window.seenAt < SEEN_FOR_MS) {
      if (limit - window.hits - 1 > Math.max(LEAST_MARGIN, limit * MARGIN)) {
        window.hits += 1;
        this.sendLater(key, windowMs, window.endsAt);
        return { hits: window.hits, endsAt: window.endsAt };
      }
    }
    try {
      return await this.count(key, windowMs, 1);
    } catch (error) {
      this.leave(error);
      return this.countLocally(key, windowMs);
    }
  }

  private isAway(): boolean {
    return this.away || this.redis.status !== 'ready';
  }

  private countLocally(key: string, windowMs: number): Tally {
    const { hits, endsAt } = openOf(this.local, key) ?? { hits: 0, endsAt: Date.now() + windowMs };
    const tally = { hits: hits + 1, endsAt };
    this.local.set(key, tally);
    return tally;
  }

  private sendLater(key: string, windowMs: number, endsAt: number): void {
    const unsent = this.unsent.get(key);
    if (unsent !== undefined) {
      unsent.hits += 1;
      return;
    }
    this.unsent.set(key, { hits: 1, endsAt });
    setTimeout(() => {
      if (this.closed || !this.unsent.has(key)) return;
      this.count(key, windowMs, 0).catch((error: unknown) => this.leave(error));
    }, SEND_AFTER_MS).unref();
  }

  /** Counts requests in Redis, and with them those that it does not have yet. */
  private async count(key: string, windowMs: number, requests: number): Promise<Tally> {
    const unsent = this.takeUnsent(key);
    if (unsent + requests === 0) return { hits: 0, endsAt: Date.now() };
    const [hits, leftMs] = await this.redis.countRequests(key, windowMs, unsent + requests);
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

  private leave(error: unknown): void {
    if (this.away || this.closed) return;
    this.away = true;
    this.logger.warn(`Redis is away; each process counts requests for itself. ${String(error)}`);
    this.probeLater();
  }

  private probeLater(): void {
    if (this.closed) return;
    this.probe = setTimeout(() => {
      this.redis.ping().then(
        () => {
          this.away = false;
          this.logger.log('Redis is back.');
        },
        () => this.probeLater(),
      );
    }, PROBE_EVERY_MS).unref();
  }
}

/** The window of this key that is open now. */
function openOf<T extends Tally>(windows: LRUCache<string, T>, key: string): T | undefined {
  const window = windows.get(key);
  return window !== undefined && Date.now() < window.endsAt ? window : undefined;
}
