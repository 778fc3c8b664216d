/** Attempts under way in one worker: they wait for the network, hardly for us. */
export const SLOTS = 512;
/** The most of them that one client, or one host, may have: one who hangs leaves room for all. */
export const SHARE = 256;

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
    return [...this.ofClient.values(), ...this.ofHost.values()].some((count) => count > SHARE / 2);
  }

  busyClients(): string[] {
    return busy(this.ofClient);
  }

  busyHosts(): string[] {
    return busy(this.ofHost);
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
        const left = SHARE - Math.max(this.ofClient.get(clientId) ?? 0, this.ofHost.get(host) ?? 0);
        const count = Math.max(0, Math.min(wanted, left));
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

const busy = (counts: Map<string, number>): string[] =>
  [...counts].filter(([, count]) => count >= SHARE).map(([name]) => name);

function change(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
