import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import Redis from 'ioredis';
import { AppConfig } from '../config/app-config';

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** The most that a request waits for Redis, and only the first ones that find it silent. */
const PATIENCE_MS = 200;
const PROBE_EVERY_MS = 1_000;

/** Counts a request in a window that begins with the first one; answers the count and what is left of the window. */
const COUNT = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {hits, left}`;

type CountingRedis = Redis & { countRequest(key: string, windowMs: number): Promise<[number, number]> };

/**
 * Counts requests in Redis, for all processes together. While Redis is away each process counts for itself, and no
 * request waits for its return: a probe in the background notices it.
 */
@Injectable()
export class RateLimitStorage implements ThrottlerStorage, OnApplicationShutdown {
  private readonly logger = new Logger(RateLimitStorage.name);
  private readonly local = new ThrottlerStorageService();
  private readonly redis: CountingRedis;
  private probe: NodeJS.Timeout | undefined;
  private away = true;
  private closed = false;

  constructor(config: AppConfig) {
    this.redis = new Redis(config.redisUrl, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      commandTimeout: PATIENCE_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), PROBE_EVERY_MS),
      scripts: { countRequest: { lua: COUNT, numberOfKeys: 1 } },
    }) as CountingRedis;
    this.redis.on('ready', () => {
      this.away = false;
    });
    // Its commands fail by themselves, and are counted here instead.
    this.redis.on('error', () => undefined);
    if (config.runsApi) this.redis.connect().catch(() => undefined);
  }

  async increment(key: string, windowMs: number, ...rest: [number, number, string]): Promise<StorageRecord> {
    if (!this.away && this.redis.status === 'ready') {
      try {
        const [totalHits, leftMs] = await this.redis.countRequest(key, windowMs);
        const timeToExpire = Math.ceil(leftMs / 1_000);
        const isBlocked = totalHits > rest[0];
        return { totalHits, timeToExpire, isBlocked, timeToBlockExpire: isBlocked ? timeToExpire : 0 };
      } catch (error) {
        this.leave(error);
      }
    }
    return this.local.increment(key, windowMs, ...rest);
  }

  onApplicationShutdown(): void {
    this.closed = true;
    clearTimeout(this.probe);
    this.local.onApplicationShutdown();
    this.redis.disconnect();
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
