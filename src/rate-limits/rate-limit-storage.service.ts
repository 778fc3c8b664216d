import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import type Redis from 'ioredis';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../config/app-config';
import { RedisConnectionsService } from '../redis/redis-connections.service';

/** Counts a request in a window that begins with the first one; answers the count and what is left of the window. */
const COUNT = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {hits, left}`;

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

type CountingRedis = Redis & { countRequest(key: string, windowMs: number): Promise<[number, number]> };

/** Requests of a window, and when it ends, in milliseconds since the epoch. */
interface Window {
  hits: number;
  endsAt: number;
}

/** In memory, some 300 bytes each. */
const MOST_WINDOWS = 50_000;

/**
 * Counts requests in Redis, for all processes together; those that come at the same time are sent together. While Redis
 * is away each process counts for itself, and no request waits for its return.
 */
@Injectable()
export class RateLimitStorageService implements ThrottlerStorage {
  /** As Redis last had them. */
  private readonly windows = new LRUCache<string, Window>({ max: MOST_WINDOWS });
  /** What was counted here while Redis was away. */
  private readonly local = new LRUCache<string, Window>({ max: MOST_WINDOWS });
  /** A process that has no API counts for itself the few requests that it gets. */
  private readonly redis: CountingRedis | undefined;

  constructor(
    private readonly connections: RedisConnectionsService,
    config: AppConfig,
  ) {
    if (!config.runsApi) return;
    this.redis = connections.open('counts') as CountingRedis;
    this.redis.defineCommand('countRequest', { lua: COUNT, numberOfKeys: 1 });
  }

  /** Counts a request in the window of this key, which begins with its first one. Times are answered in seconds. */
  async increment(key: string, windowMs: number, limit: number): Promise<StorageRecord> {
    const { hits, endsAt } = await this.count(key, windowMs);
    const timeToExpire = Math.max(1, Math.ceil((endsAt - Date.now()) / 1_000));
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
  }

  /** What this process knows to be counted in the open window of this key. Asks nobody. */
  known(key: string): number {
    return openOf(this.isAway() ? this.local : this.windows, key)?.hits ?? 0;
  }

  private async count(key: string, windowMs: number): Promise<Window> {
    if (this.redis === undefined || this.isAway()) return this.countLocally(key, windowMs);
    try {
      const [hits, leftMs] = await this.redis.countRequest(key, windowMs);
      const window = { hits, endsAt: Date.now() + leftMs };
      this.windows.set(key, window);
      return window;
    } catch (error) {
      this.connections.reportAway(error as Error);
      return this.countLocally(key, windowMs);
    }
  }

  private isAway(): boolean {
    return this.connections.isAway || this.redis?.status !== 'ready';
  }

  private countLocally(key: string, windowMs: number): Window {
    const { hits, endsAt } = openOf(this.local, key) ?? { hits: 0, endsAt: Date.now() + windowMs };
    const window = { hits: hits + 1, endsAt };
    this.local.set(key, window);
    return window;
  }
}

/** The window of this key that is open now. */
function openOf(windows: LRUCache<string, Window>, key: string): Window | undefined {
  const window = windows.get(key);
  return window !== undefined && Date.now() < window.endsAt ? window : undefined;
}
