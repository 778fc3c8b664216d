/** The most attempts that one client, or one host, may have under way in a worker: one who hangs leaves room for all. */
export const SHARE = 256;

/**
 * Who has how many attempts under way in one worker. A host is counted without its port: one machine has as many ports
 * as it likes.
 */
export class DeliveryShares {
  private readonly ofClient = new Map<string, number>();
  private readonly ofHost = new Map<string, number>();

  /** @returns to be called when the attempt has ended */
  add(clientId: string, url: URL): () => void {
    const host = hostOfOrigin(url.origin);
    change(this.ofClient, clientId, 1);
    change(this.ofHost, host, 1);
    return () => {
      change(this.ofClient, clientId, -1);
      change(this.ofHost, host, -1);
    };
  }

  /** Whether somebody has so much that grants have to be spent with care. */
  areTight(): boolean {
    return [...this.ofClient.values(), ...this.ofHost.values()].some((count) => count > SHARE / 2);
  }

  busyClients(): string[] {
    return busy(this.ofClient);
  }

  busyHosts(): string[] {
    return busy(this.ofHost);
  }

  /**
   * For one claim: how many of those that a destination may have it gets, so that neither its client nor its host comes to
   * more than its share by all destinations together.
   */
  granting(): (clientId: string, origin: string, wanted: number) => number {
    const [clients, hosts] = [new Map(this.ofClient), new Map(this.ofHost)];
    return (clientId, origin, wanted) => {
      const host = hostOfOrigin(origin);
      const left = SHARE - Math.max(clients.get(clientId) ?? 0, hosts.get(host) ?? 0);
      const granted = Math.max(0, Math.min(wanted, left));
      change(clients, clientId, granted);
      change(hosts, host, granted);
      return granted;
    };
  }
}

/** As the claim's statement has it: without scheme and port. */
const hostOfOrigin = (origin: string): string => origin.replace(/^[a-z]+:\/\/|:\d+$/g, '');

const busy = (counts: Map<string, number>): string[] =>
  [...counts].filter(([, count]) => count >= SHARE).map(([name]) => name);

function change(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
