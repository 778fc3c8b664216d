import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config';

/** Counts the requests of each client that this process holds open (streams, waits), so that none takes them all. */
@Injectable()
export class HeldRequests {
  private readonly counts = new Map<string, number>();

  constructor(private readonly config: AppConfig) {}

  /** @returns what gives the place back, once; `null` when the client holds as many as it may */
  take(clientId: string): (() => void) | null {
    const held = this.counts.get(clientId) ?? 0;
    if (held >= this.config.heldRequestsPerClient) return null;
    this.counts.set(clientId, held + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const left = (this.counts.get(clientId) ?? 1) - 1;
      if (left === 0) this.counts.delete(clientId);
      else this.counts.set(clientId, left);
    };
  }
}
