import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import Redis, { RedisOptions } from 'ioredis';
import { AppConfig } from '../config/app-config';

/** Which of Bull's three connections this is: for commands, for blocking reads, or for events. */
type ConnectionUse = 'client' | 'subscriber' | 'bclient';

/** Back within a second of Redis's return, instead of ioredis's twenty. */
const retryStrategy = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1_000);

/** Commands fail fast, so that no request waits for Redis. */
const COMMANDS: RedisOptions = {
  retryStrategy,
  enableOfflineQueue: false,
  commandTimeout: 2_000,
  maxRetriesPerRequest: 1,
};

/** Blocking reads and subscriptions wait for ever; Bull refuses other settings. */
const WAITING: RedisOptions = { retryStrategy, maxRetriesPerRequest: null, enableReadyCheck: false };

/** How long Bull's queues may take to close by themselves. */
const CLOSING_MS = 1_500;

/** The connections of this process's Bull queues. Bull does not end connections that it did not make itself. */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  private readonly connections = new Set<Redis>();

  constructor(private readonly config: AppConfig) {}

  open(use: ConnectionUse): Redis {
    const connection = new Redis(this.config.redisUrl, use === 'client' ? COMMANDS : WAITING);
    this.connections.add(connection);
    connection.once('end', () => this.connections.delete(connection));
    return connection;
  }

  /** The queues close in the same phase, so they are given a moment before their connections are cut. */
  async onApplicationShutdown(): Promise<void> {
    const until = Date.now() + CLOSING_MS;
    while (this.connections.size > 0 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    for (const connection of this.connections) connection.disconnect();
  }
}
