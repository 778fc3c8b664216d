import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import Redis from 'ioredis';
import { AppConfig } from '../config/app-config';
import { REDIS_PATIENCE_MS } from './redis-patience';

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

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

type CountingRedis = Redis & {
  countRequests(key: string, windowMs: number, hits: number): Promise<[number, number]>;
};

interface Tally {
  hits: number;
  endsAt: number;
}

/** A window as Redis told of it last, with what was admitted since. */
interface Window extends Tally {
  /** Admitted, and not told to Redis yet. */
  untold: number;
  seenAt: number;
}

/** A request waits for the exact count only when less than this is left of the quota. */
const MARGIN = 0.2;
const LEAST_MARGIN = 20;
const SEEN_FOR_MS = 1_000;
/** How long a request far from the limit may be unknown to the other processes. */
const TELL_AFTER_MS = 50;
const MOST_WINDOWS = 10_000;

function recordOf({ hits, endsAt }: Tally, limit: number): StorageRecord {
  const timeToExpire = Math.max(1, Math.ceil((endsAt - Date.now()) / 1_000));
  const isBlocked = hits > limit;
  return { totalHits: hits, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
}

/**
 * Counts requests in Redis, for all processes together. A request far from the limit is counted there too, but does not
 * wait for it: those of some milliseconds are told together. While Redis is away each process counts for itself, and no
 * request waits for its return: a probe in the background notices it.
 */
@Injectable()
export class RateLimitStorage implements ThrottlerStorage, OnApplicationShutdown {
  private readonly logger = new Logger(RateLimitStorage.name);
  private readonly local = new ThrottlerStorageService();
  private readonly windows = new Map<string, Window>();
  private readonly redis: CountingRedis;
  private probe: NodeJS.Timeout | undefined;
  private away = true;
  private closed = false;

  constructor(config: AppConfig) {
    this.redis = new Redis(config.redisUrl, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      commandTimeout: REDIS_PATIENCE_MS,
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

  async increment(key: string, windowMs: number, ...rest: [number, number, string]): Promise<StorageRecord> {
    const [limit] = rest;
    if (this.away || this.redis.status !== 'ready') return this.local.increment(key, windowMs, ...rest);
    const window = this.windowOf(key);
    if (window !== undefined && Date.now() - window.seenAt < SEEN_FOR_MS) {
      if (limit - window.hits - 1 > Math.max(LEAST_MARGIN, limit * MARGIN)) {
        window.hits += 1;
        if (window.untold === 0) this.tellLater(key, windowMs);
        window.untold += 1;
        return recordOf(window, limit);
      }
    }
    try {
      return recordOf(await this.count(key, windowMs, 1), limit);
    } catch (error) {
      this.leave(error);
      return this.local.increment(key, windowMs, ...rest);
    }
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.probe);
    this.local.onApplicationShutdown();
    this.redis.disconnect();
  }

  /** What is known of the window that is open now. */
  private windowOf(key: string): Window | undefined {
    const window = this.windows.get(key);
    return window !== undefined && Date.now() < window.endsAt ? window : undefined;
  }

  private tellLater(key: string, windowMs: number): void {
    setTimeout(() => {
      if (this.closed || !this.windowOf(key)?.untold) return;
      this.count(key, windowMs, 0).catch((error: unknown) => this.leave(error));
    }, TELL_AFTER_MS).unref();
  }

  /** Tells Redis of requests, and with them of those that it has not been told of yet. */
  private async count(key: string, windowMs: number, requests: number): Promise<Tally> {
    const before = this.windowOf(key);
    const untold = before?.untold ?? 0;
    if (before !== undefined) before.untold = 0;
    const [hits, leftMs] = await this.redis.countRequests(key, windowMs, untold + requests);
    const seenAt = Date.now();
    const endsAt = seenAt + leftMs;
    const window = this.windowOf(key);
    if (window === undefined) {
      if (this.windows.size >= MOST_WINDOWS) this.windows.clear();
      this.windows.set(key, { hits, untold: 0, endsAt, seenAt });
    } else {
      // What was admitted meanwhile has not arrived there yet.
      Object.assign(window, { hits: Math.max(window.hits, hits + window.untold), endsAt, seenAt });
    }
    return { hits, endsAt };
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
