import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Bull from 'bull';
import Redis, { RedisOptions } from 'ioredis';
import { AppConfig } from '../config/app-config';

/** Which of Bull's three connections this is: for commands, for blocking reads, or for events. */
type ConnectionUse = 'client' | 'subscriber' | 'bclient';

/** Back within a second of Redis's return, instead of ioredis's twenty. */
const retryStrategy = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1_000);

/** A connection that is cut must not keep the process alive for ioredis's two seconds. */
const DISCONNECT_MS = 250;

/** Commands fail fast, so that no request waits for Redis. */
const COMMANDS: RedisOptions = {
  retryStrategy,
  enableOfflineQueue: false,
  commandTimeout: 2_000,
  maxRetriesPerRequest: 1,
  disconnectTimeout: DISCONNECT_MS,
};

/** Blocking reads and subscriptions wait for ever; Bull refuses other settings. */
const WAITING: RedisOptions = {
  retryStrategy,
  maxRetriesPerRequest: null,
  enableReadyCheck: false,
  disconnectTimeout: DISCONNECT_MS,
};

/** How long Bull's queues may take to close: one whose Redis is away never does. */
const CLOSING_MS = 2_000;

/** The connections of this process's Bull queues. Bull does not end connections that it did not make itself. */
@Injectable()
export class RedisConnections implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly connections: Redis[] = [];

  constructor(
    private readonly config: AppConfig,
    private readonly discovery: DiscoveryService,
  ) {}

  open(use: ConnectionUse): Redis {
    const connection = new Redis(this.config.redisUrl, use === 'client' ? COMMANDS : WAITING);
    if (this.connections.length === 0) watchRedis(connection);
    this.connections.push(connection);
    return connection;
  }

  /** Nest's own closing of a queue rejects when a connection ends meanwhile, which would end the shutdown with it. */
  beforeApplicationShutdown(): void {
    for (const queue of this.queues) Object.assign(queue, { onApplicationShutdown: () => undefined });
  }

  /** The queues first: closing one makes it connect once more. */
  async onApplicationShutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSING_MS);
    });
    await Promise.race([Promise.allSettled(this.queues.map((queue) => queue.close())), impatience]);
    clearTimeout(timer);
    for (const connection of this.connections) connection.disconnect();
  }

  private get queues(): Bull.Queue[] {
    return this.discovery
      .getProviders()
      .flatMap(({ instance }): Bull.Queue[] => (instance instanceof Bull ? [instance] : []));
  }
}

const logger = new Logger('Redis');

/** Tells the log, once each, when Redis goes and comes, and whether it may evict what Bull keeps in it. */
function watchRedis(redis: Redis): void {
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
