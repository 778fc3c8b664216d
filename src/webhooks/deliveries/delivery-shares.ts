/** Attempts under way in one worker: they wait for the network, hardly for us. */
export const SLOTS = 640;
/**
 * The most of them that one host, and one client, may have. A host that hangs leaves room to the others of its client, and a
 * client all of whose hosts hang leaves room to the other clients.
 */
export const HOST_SHARE = 256;
export const CLIENT_SHARE = 384;

/**
 * Who has how many attempts under way in one worker. A host is counted without its port: one machine has as many ports
 * as it likes.
 */
export class DeliveryShares {
  private readonly ofClient = new Map<string, number>();
  private readonly ofHost = new Map<string, number>();
  private taken = 0;

  /** @returns to be called when the attempt has ended */
  add(clientId: string, url: URL): () => void {
    const host = url.hostname;
    this.change(clientId, host, 1);
    this.taken += 1;
    return () => {
      this.change(clientId, host, -1);
      this.taken -= 1;
    };
  }

  free(): number {
    return Math.max(0, SLOTS - this.taken);
  }

  /** Whether somebody has so much that grants have to be spent with care. */
  areTight(): boolean {
    const isTight = (counts: Map<string, number>, share: number): boolean =>
      [...counts.values()].some((count) => count > share / 2);
    return isTight(this.ofClient, CLIENT_SHARE) || isTight(this.ofHost, HOST_SHARE);
  }

  busyClients(): string[] {
    return busy(this.ofClient, CLIENT_SHARE);
  }

  busyHosts(): string[] {
    return busy(this.ofHost, HOST_SHARE);
  }

  /**
   * For one claim, which hands nothing out that it has granted already.
   *
   * @returns how many of those that a destination may have it gets, within the shares of its client and its host
   */
  grants(): (clientId: string, origin: string, wanted: number) => number {
    const [ofClient, ofHost] = [new Map(this.ofClient), new Map(this.ofHost)];
    return (clientId, origin, wanted) => {
      const host = hostOfOrigin(origin);
      const left = Math.min(
        CLIENT_SHARE - (ofClient.get(clientId) ?? 0),
        HOST_SHARE - (ofHost.get(host) ?? 0),
      );
      const count = Math.max(0, Math.min(wanted, left));
      change(ofClient, clientId, count);
      change(ofHost, host, count);
      return count;
    };
  }

  private change(clientId: string, host: string, by: number): void {
    change(this.ofClient, clientId, by);
    change(this.ofHost, host, by);
  }
}

/** As the claim's statement has it: without scheme and port. */
const hostOfOrigin = (origin: string): string => origin.replace(/^[a-z]+:\/\/|:\d+$/g, '');

const busy = (counts: Map<string, number>, share: number): string[] =>
  [...counts].filter(([, count]) => count >= share).map(([name]) => name);

function change(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
