import { Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Caller } from '../clients/client';
import { AppConfig } from '../config/app-config';
import { HeldKeys } from './held-keys.service';

/** A request that is held open. */
export interface HeldRequest {
  /** Emits once, when the key that it came with has been revoked or has expired: then it must end. */
  keyEnded: Observable<void>;
  /** Gives the place back, once. */
  release: () => void;
}

/** Counts the requests of each client that this process holds open (streams, waits), so that none takes them all. */
@Injectable()
export class HeldRequests {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly config: AppConfig,
    private readonly keys: HeldKeys,
  ) {}

  /** @returns `null` when the client holds as many as it may */
  take({ client: { id: clientId }, keyId }: Caller): HeldRequest | null {
    const held = this.counts.get(clientId) ?? 0;
    if (held >= this.config.heldRequestsPerClient) return null;
    this.counts.set(clientId, held + 1);
    let given = false;
    const release = (): void => {
      if (given) return;
      given = true;
      const left = (this.counts.get(clientId) ?? 1) - 1;
      if (left === 0) this.counts.delete(clientId);
      else this.counts.set(clientId, left);
    };
    return { keyEnded: this.keys.ended(keyId), release };
  }
}
