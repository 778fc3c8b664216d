import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Bull from 'bull';
import Redis, { RedisOptions } from 'ioredis';
import { answersInTime } from '../common/answers-in-time';
import { AppConfig } from '../config/app-config';

/** What a connection is for: Bull's commands, its blocking reads or its events; or the counts of rate limits. */
type ConnectionUse = 'client' | 'subscriber' | 'bclient' | 'counts';

const SHARED: RedisOptions = {
  /** Back within a second of Redis's return, instead of ioredis's twenty. */
  retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000),
  /** A connection that is cut must not keep the process alive for ioredis's two seconds. */
  disconnectTimeout: 250,
};

/** Commands fail fast, so that no request waits for Redis. */
const COMMANDS: RedisOptions = {
  ...SHARED,
  enableOfflineQueue: false,
  commandTimeout: 2_000,
  maxRetriesPerRequest: 1,
};

/** Blocking reads and subscriptions wait for ever; Bull refuses other settings. */
const WAITING: RedisOptions = { ...SHARED, maxRetriesPerRequest: null, enableReadyCheck: false };

/** Requests wait for their count: only the first ones that find Redis silent wait so long. */
const COUNTS: RedisOptions = {
  ...COMMANDS,
  commandTimeout: 200,
  maxRetriesPerRequest: 0,
  enableAutoPipelining: true,
};

const OPTIONS = { client: COMMANDS, subscriber: WAITING, bclient: WAITING, counts: COUNTS };

/** How long Bull's queues may take to close: one whose Redis is away never does. */
const CLOSING_MS = 2_000;
/** How often Redis is asked, while it is away, whether it is back. */
const PROBE_EVERY_MS = 1_000;

/**
 * The connections of this process to Redis, and the one place that knows, and logs once each, when Redis goes and comes.
 * Bull does not end connections that it did not make itself.
 */
@Injectable()
export class RedisConnectionsService implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Redis');
  private readonly connections: Redis[] = [];
  /** Those on which commands are sent: they fail at once while Redis is away. */
  private readonly commands: Redis[] = [];
  /** Those of them that wait long enough for a probe: a count gives up sooner. */
  private readonly probed: Redis[] = [];
  private probe: NodeJS.Timeout | undefined;
  private away = false;
  private closing = false;

  constructor(
    private readonly config: AppConfig,
    private readonly discovery: DiscoveryService,
  ) {}

  get isAway(): boolean {
    return this.away;
  }

  open(use: ConnectionUse): Redis {
    const connection = new Redis(this.config.redisUrl, OPTIONS[use]);
    this.connections.push(connection);
    if (OPTIONS[use] !== WAITING) this.watch(connection);
    if (use === 'client') this.probed.push(connection);
    return connection;
  }

  /** Whether every connection for commands is there and Redis answers, asked without waiting long. */
  async answers(): Promise<boolean> {
    if (this.commands.some(({ status }) => status !== 'ready')) return false;
    return answersInTime(Promise.all(this.probed.map((connection) => connection.ping())));
  }

  /** To be called when Redis did not answer a command: one that is silent has not closed its connections. */
  reportAway(error?: Error): void {
    if (this.away || this.closing) return;
    this.away = true;
    this.logger.warn(
      'Redis is away: jobs and deliveries go on without it, slower, and each process counts requests for itself.' +
        (error === undefined ? '' : ` (${error.message})`),
    );
    this.probeLater();
  }

  /** Nest's own closing of a queue rejects when a connection ends meanwhile, which would end the shutdown with it. */
  beforeApplicationShutdown(): void {
    for (const queue of this.queues) Object.assign(queue, { onApplicationShutdown: () => undefined });
  }

  /** The queues first: closing one makes it connect once more. */
  async onApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.probe);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSING_MS);
    });
    await Promise.race([Promise.allSettled(this.queues.map((queue) => queue.close())), timeout]);
    clearTimeout(timer);
    for (const connection of this.connections) connection.disconnect();
  }

  private get queues(): Bull.Queue[] {
    return this.discovery
      .getProviders()
      .flatMap(({ instance }): Bull.Queue[] => (instance instanceof Bull ? [instance] : []));
  }

  private watch(connection: Redis): void {
    const isFirst = this.commands.push(connection) === 1;
    connection.on('error', (error: Error) => this.reportAway(error));
    // Not `close`, which our own closing emits too.
    connection.on('reconnecting', () => this.reportAway());
    connection.on('ready', () => {
      if (this.away) void this.probeNow();
      if (isFirst) this.warnOfEviction(connection).catch(() => undefined);
    });
  }

  private probeLater(): void {
    clearTimeout(this.probe);
    this.probe = setTimeout(() => void this.probeNow(), PROBE_EVERY_MS).unref();
  }

  private async probeNow(): Promise<void> {
    const isBack = await this.answers();
    if (!this.away || this.closing) return;
    if (!isBack) {
      this.probeLater();
      return;
    }
    clearTimeout(this.probe);
    this.away = false;
    this.logger.log('Redis is back.');
  }

  /** `INFO`, because hosted services forbid `CONFIG`. */
  private async warnOfEviction(redis: Redis): Promise<void> {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.logger.error(
      `Redis has maxmemory-policy ${policy} and may drop the queue's keys when it is full. Set it to noeviction. ` +
        'No job is lost by it, but wake-ups are.',
    );
  }
}
