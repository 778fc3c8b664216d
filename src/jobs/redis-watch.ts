import { Logger } from '@nestjs/common';
import type Redis from 'ioredis';

const logger = new Logger('Redis');

/** Tells the log, once each, when Redis goes and comes, and whether it may evict what Bull keeps in it. */
export function watchRedis(redis: Redis): void {
  let away = false;
  const gone = (error?: Error): void => {
    if (away) return;
    away = true;
    logger.warn(
      `Redis is away; jobs go on without it, slower.${error === undefined ? '' : ` (${String(error)})`}`,
    );
  };
  redis.on('error', gone);
  // Not `close`, which our own farewell emits too.
  redis.on('reconnecting', () => gone());
  redis.on('ready', () => {
    if (away) logger.log('Redis is back.');
    away = false;
    warnOfEviction(redis).catch(() => undefined);
  });
}

/** `INFO`, because hosted services forbid `CONFIG`. */
async function warnOfEviction(redis: Redis): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy === undefined || policy === 'noeviction') return;
  logger.error(
    `Redis has maxmemory-policy ${policy} and may drop the queue's keys when it is full. Set it to noeviction. ` +
      'No job is lost by it, but wake-up calls are.',
  );
}
