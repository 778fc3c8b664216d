import type { Client } from 'undici';

/** As long as undici itself keeps an idle connection: shorter than what servers commonly allow. */
const IDLE_MS = 4_000;
/** As many as may be under way to one destination at once. */
const IDLE_CONNECTIONS = 256;

interface IdleConnection {
  client: Client;
  expiry: NodeJS.Timeout;
}

/**
 * Idle connections, kept for the next request to the same address under the same TLS profile. The key holds the
 * address, so a name that resolves to something else in the meantime never gets a connection of its past.
 */
export class ConnectionPool {
  private readonly idle = new Map<string, IdleConnection[]>();

  take(key: string): Client | undefined {
    const connections = this.idle.get(key);
    for (let last = connections?.pop(); last !== undefined; last = connections?.pop()) {
      clearTimeout(last.expiry);
      if (connections?.length === 0) this.idle.delete(key);
      if (!last.client.destroyed && !last.client.closed) return last.client;
    }
    return undefined;
  }

  give(key: string, client: Client): void {
    const connections = this.idle.get(key) ?? [];
    if (client.destroyed || connections.length >= IDLE_CONNECTIONS) {
      discard(client);
      return;
    }
    const connection: IdleConnection = {
      client,
      expiry: setTimeout(() => this.expire(key, connection), IDLE_MS),
    };
    connection.expiry.unref();
    this.idle.set(key, [...connections, connection]);
  }

  close(): void {
    for (const connections of this.idle.values()) {
      for (const { client, expiry } of connections) {
        clearTimeout(expiry);
        discard(client);
      }
    }
    this.idle.clear();
  }

  private expire(key: string, connection: IdleConnection): void {
    const left = (this.idle.get(key) ?? []).filter((each) => each !== connection);
    if (left.length > 0) this.idle.set(key, left);
    else this.idle.delete(key);
    discard(connection.client);
  }
}

export const discard = (client: Client): void => void client.destroy().catch(() => undefined);
