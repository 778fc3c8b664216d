/** Attempts under way in one worker: they wait for the network, hardly for us. */
export const SLOTS = 640;
/**
 * The most of them that one host, and one client, may have. A host that hangs leaves room to the others of its client, and a
 * client all of whose hosts hang leaves room to the other clients.
 */
export const HOST_SHARE = 256;
export const CLIENT_SHARE = 384;

/** What somebody who is about to hand out deliveries may hand out: nobody else counts with it until it is given back. */
export interface Reservation {
  /** @returns how many of them there are */
  slots(wanted: number): number;
  /** @returns how many of those that a destination may have it gets, within the shares of its client and its host */
  grant(clientId: string, origin: string, wanted: number): number;
  /** All of it, once the attempts that came of it are added. */
  giveBack(): void;
}

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

  reserve(): Reservation {
    const granted: [clientId: string, host: string, count: number][] = [];
    let slots = 0;
    return {
      slots: (wanted) => {
        const count = Math.min(wanted, this.free());
        slots += count;
        this.taken += count;
        return count;
      },
      grant: (clientId, origin, wanted) => {
        const host = hostOfOrigin(origin);
        const ofClient = CLIENT_SHARE - (this.ofClient.get(clientId) ?? 0);
        const ofHost = HOST_SHARE - (this.ofHost.get(host) ?? 0);
        const count = Math.max(0, Math.min(wanted, ofClient, ofHost));
        this.change(clientId, host, count);
        granted.push([clientId, host, count]);
        return count;
      },
      giveBack: () => {
        this.taken -= slots;
        slots = 0;
        for (const [clientId, host, count] of granted.splice(0)) this.change(clientId, host, -count);
      },
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
