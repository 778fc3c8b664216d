import type { Client } from 'undici';

/** As long as undici itself keeps an idle connection: shorter than what servers commonly allow. */
const IDLE_MS = 4_000;
/** How often idle connections are looked through: one timer for all of them. */
const SWEEP_MS = 500;
/** As many as may be under way to one destination at once. */
const IDLE_CONNECTIONS = 256;

interface IdleConnection {
  client: Client;
  until: number;
}

/**
 * Idle connections, kept for the next request to the same address under the same TLS profile. The key holds the
 * address, so a name that resolves to something else in the meantime never gets a connection of its past.
 */
export class ConnectionPool {
  /** The one that was used last is at the end, and used first. */
  private readonly idle = new Map<string, IdleConnection[]>();
  private sweeper: NodeJS.Timeout | undefined;

  take(key: string): Client | undefined {
    const connections = this.idle.get(key);
    for (let last = connections?.pop(); last !== undefined; last = connections?.pop()) {
      if (!last.client.destroyed && !last.client.closed) return last.client;
    }
    return undefined;
  }

  give(key: string, client: Client): void {
    let connections = this.idle.get(key);
    if (connections === undefined) this.idle.set(key, (connections = []));
    if (client.destroyed || connections.length >= IDLE_CONNECTIONS) {
      discard(client);
      return;
    }
    connections.push({ client, until: performance.now() + IDLE_MS });
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  close(): void {
    for (const { client } of [...this.idle.values()].flat()) discard(client);
    this.idle.clear();
    this.stopSweeping();
  }

  private sweep(): void {
    const now = performance.now();
    for (const [key, connections] of this.idle) {
      const old = connections.findIndex(({ until }) => until > now);
      for (const { client } of connections.splice(0, old < 0 ? connections.length : old)) discard(client);
      if (connections.length === 0) this.idle.delete(key);
    }
    if (this.idle.size === 0) this.stopSweeping();
  }

  private stopSweeping(): void {
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}

export const discard = (client: Client): void => void client.destroy().catch(() => undefined);
