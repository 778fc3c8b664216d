import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { map, merge, Observable, Subscriber, Subscription, timer } from 'rxjs';
import type { Caller } from '../../clients/client';
import { AppConfig } from '../../config/app-config';
import { DataSource } from 'typeorm';
import { ApiKeyRecognitionService } from '../../clients/api-key-recognition.service';
import { ApiKeysService } from '../../clients/api-keys.service';
import { prepared } from '../../database/prepared';
import { Loop } from '../../common/loop';

/** How often keys are polled: what another process revoked ends here within twice that. */
const ROUND_MS = 1_000;
/** Keys that expire one after the other do not make a round each. */
const REST_MS = 50;
/** Expiries are known before the next round, which may be late. */
const HORIZON_MS = 3 * ROUND_MS;

/** Only keys that have ended, or are about to: a key that is not there any more has ended too. */
const ENDING_KEYS = prepared(
  'ending_keys',
  `
  SELECT held.id, CASE WHEN k.id IS NULL OR k.revoked_at IS NOT NULL THEN 0
    ELSE greatest(0, ceil(extract(epoch FROM k.expires_at - clock_timestamp()) * 1000)) END::int AS ms_left
  FROM unnest($1::uuid[]) AS held(id) LEFT JOIN api_key k ON k.id = held.id
  WHERE k.id IS NULL OR k.revoked_at IS NOT NULL
    OR k.expires_at < clock_timestamp() + make_interval(secs => ${HORIZON_MS / 1_000})`,
);

/**
 * Knows when the keys end that this process holds something open for (streams, waits): at once when this process
 * revoked them, to the second when they expire, and within two seconds of what other processes do. One statement a round
 * asks for all of them, however many requests each holds.
 */
@Injectable()
export class HeldKeys implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(HeldKeys.name);
  private readonly loop = new Loop('watch of keys', ROUND_MS, () => this.round(), this.logger, REST_MS);
  private readonly holders = new Map<string, Set<Subscriber<void>>>();
  private changed: Subscription | undefined;
  private nextExpiry: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly keys: ApiKeysService,
    private readonly recognition: ApiKeyRecognitionService,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
    this.changed = this.keys.changed.subscribe(() => this.loop.poke());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.changed?.unsubscribe();
    await this.loop.stop();
    // After the round that was under way, which may have set it.
    clearTimeout(this.nextExpiry);
  }

  /** Emits once, when the key has been revoked or has expired; never completes before. */
  ended(keyId: string): Observable<void> {
    return new Observable((subscriber) => {
      const holders = this.holders.get(keyId) ?? new Set();
      this.holders.set(keyId, holders.add(subscriber));
      return () => {
        holders.delete(subscriber);
        if (holders.size === 0 && this.holders.get(keyId) === holders) this.holders.delete(keyId);
      };
    });
  }

  private async round(): Promise<void> {
    if (this.holders.size === 0) return;
    const rows = await this.dataSource.query<{ id: string; ms_left: number }[]>(ENDING_KEYS, [
      [...this.holders.keys()],
    ]);
    const ended = rows.filter(({ ms_left }) => ms_left <= 0);
    // Whoever is let go connects again, and is not to be recognized by what the process knew before.
    if (ended.length > 0) await this.recognition.refresh();
    for (const { id } of ended) this.end(id);
    const soonest = Math.min(...rows.map(({ ms_left }) => ms_left).filter((ms) => ms > 0));
    clearTimeout(this.nextExpiry);
    if (soonest <= HORIZON_MS) this.nextExpiry = setTimeout(() => this.loop.poke(), soonest);
  }

  private end(keyId: string): void {
    for (const holder of this.holders.get(keyId) ?? []) {
      holder.next();
      holder.complete();
    }
  }
}

/** Requests that are held open for all that have tokens for one job: a few people, each with a few windows. */
const MOST_BY_TOKENS = 20;

/** A request that is held open. */
export interface HeldRequest {
  /** Emits when the key that it came with has been revoked or has expired, or the token has ended: then it must end. */
  keyEnded: Observable<void>;
  /** Gives the slot back, once. */
  release: () => void;
}

/**
 * Counts the requests of each client that this process holds open (streams, waits), so that none takes them all; and those by
 * tokens for a job, so that who has one takes not all of the client's.
 */
@Injectable()
export class HeldRequestsService {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly config: AppConfig,
    private readonly keys: HeldKeys,
  ) {}

  /** @returns `null` when as many are held as may be */
  take({ client, keyId, token }: Caller): HeldRequest | null {
    const bounds: [string, number][] = [[client.id, this.config.heldRequestsPerClient]];
    if (token !== undefined) bounds.push([`${keyId} ${token.jobId}`, MOST_BY_TOKENS]);
    if (bounds.some(([holder, most]) => this.held(holder) >= most)) return null;
    for (const [holder] of bounds) this.counts.set(holder, this.held(holder) + 1);
    let given = false;
    const release = (): void => {
      if (given) return;
      given = true;
      for (const [holder] of bounds) this.giveBack(holder);
    };
    const keyEnded = this.keys.ended(keyId);
    if (token === undefined) return { keyEnded, release };
    const tokenEnded = timer(new Date(token.endsAt)).pipe(map(() => undefined));
    return { keyEnded: merge(keyEnded, tokenEnded), release };
  }

  private held(holder: string): number {
    return this.counts.get(holder) ?? 0;
  }

  private giveBack(holder: string): void {
    const left = this.held(holder) - 1;
    if (left <= 0) this.counts.delete(holder);
    else this.counts.set(holder, left);
  }
}
