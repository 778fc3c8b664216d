import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import type { Subscription } from 'rxjs';
import { newId } from '../../common/ids';
import { AppConfig } from '../../config/app-config';
import { JobSignals } from '../../jobs/job-signals';
import { Loop } from '../../common/loop';
import { FAN_OUT_BATCH, FanOut } from './fan-out.service';
import { DeliveryAttempt } from './delivery-attempt.service';
import { ClaimedDelivery, DeliveryClaims, DeliveryLease } from './delivery-claims';
import { DeliveryOutcomes } from './delivery-outcomes';
import { DeliveryShares } from './delivery-shares';
import { DeliveryTarget, DeliveryTargets, TargetOf } from './delivery-targets.service';
import { DeliveryWakeUps } from './delivery-wake-ups';

/** How often a worker looks for due deliveries by itself: Bull's tickets are quicker, this needs no Redis. */
const LOOK_MS = 500;
/** Between two looks: attempts that end in this time make one look together. Without it each costs a statement. */
const LOOK_REST_MS = 3;
/** A look passes over a destination that somebody else holds at that moment; two in a row hardly find the same. */
const LOOKS_FOR_NOTHING = 2;
/** Milliseconds beyond its deadline in which an attempt's outcome can be stored before another worker may take over. */
const LEASE_MARGIN_MS = 10_000;
/** How long attempts under way may go on after SIGTERM before they are broken off. */
const SHUTDOWN_GRACE_MS = 5_000;

/** Fans events out, claims due deliveries, makes the attempts, and stores how they ended. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliveryWorker.name);
  private readonly worker = `${hostname()}:${process.pid}:${newId().slice(-6)}`;
  private readonly fanOutLoop = new Loop('fan-out of events', LOOK_MS, () => this.fanOutAll(), this.logger);
  private readonly look = new Loop(
    'look for due deliveries',
    LOOK_MS,
    () => this.fillSlots(),
    this.logger,
    LOOK_REST_MS,
  );
  private readonly underWay = new Set<Promise<void>>();
  private readonly shares = new DeliveryShares();
  private readonly stop = new AbortController();
  private stopping = false;
  /** So many ends of attempts are still a reason to look: something may be due that has no room yet. */
  private looksLeft = LOOKS_FOR_NOTHING;
  private ends: Subscription | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly fanOut: FanOut,
    private readonly claims: DeliveryClaims,
    private readonly targets: DeliveryTargets,
    private readonly attempt: DeliveryAttempt,
    private readonly signals: JobSignals,
    private readonly wakeUps: DeliveryWakeUps,
    private readonly outcomes: DeliveryOutcomes,
  ) {
    // Each attempt that hides how soon it failed waits on this signal.
    setMaxListeners(0, this.stop.signal);
  }

  onApplicationBootstrap(): void {
    this.fanOutLoop.start();
    this.look.start();
    this.wakeUps.listen(1, () => this.lookNow(), this.logger);
    this.ends = this.signals.ended.subscribe(() => this.fanOutLoop.poke());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.ends?.unsubscribe();
    await this.fanOutLoop.stop();
    await this.look.stop();
    const grace = setTimeout(() => this.stop.abort(), SHUTDOWN_GRACE_MS);
    await Promise.allSettled(this.underWay);
    clearTimeout(grace);
  }

  /** Resolves when what had happened by now is fanned out and under way, as far as there is room. */
  async lookNow(): Promise<void> {
    await this.track(this.fanOutAll());
    this.lookAgain();
  }

  private async fanOutAll(): Promise<void> {
    for (let taken = FAN_OUT_BATCH; taken === FAN_OUT_BATCH && !this.stopping;) {
      taken = await this.fanOut.next();
      if (taken > 0) this.lookAgain();
    }
  }

  /** Until it has ended, the process does not. */
  private track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
    return tracked;
  }

  private async fillSlots(): Promise<void> {
    while (!this.stopping) {
      if (this.shares.free() === 0) return;
      const lease = this.newLease();
      this.looksLeft = Math.max(0, this.looksLeft - 1);
      const { claimed, open } = await this.claims.claim(lease, this.shares);
      if (open) this.looksLeft = LOOKS_FOR_NOTHING;
      if (claimed.length === 0) return;
      this.startAll(claimed, await this.load(claimed), lease.until);
    }
  }

  private newLease(): DeliveryLease & { until: number } {
    const leaseMs = this.config.callbackTimeoutMs + LEASE_MARGIN_MS;
    return { worker: this.worker, leaseMs, until: Date.now() + leaseMs };
  }

  private load(deliveries: ClaimedDelivery[]): Promise<TargetOf> {
    return this.targets.load(deliveries.map(ownerOf));
  }

  private startAll(deliveries: ClaimedDelivery[], targetOf: TargetOf, leaseEnd: number): void {
    const urls = new Map<string, URL>();
    for (const delivery of deliveries) {
      // Read once: most of them go to the same few.
      const url = urls.get(delivery.url) ?? new URL(delivery.url);
      urls.set(delivery.url, url);
      void this.track(this.deliver(delivery, url, targetOf, leaseEnd));
    }
  }

  private async deliver(
    delivery: ClaimedDelivery,
    url: URL,
    targetOf: TargetOf,
    leaseEnd: number,
  ): Promise<void> {
    const release = this.takeSlot(delivery, url);
    try {
      const target = (): DeliveryTarget => targetOf(ownerOf(delivery));
      const outcome = await this.attempt.make(delivery, url, target, this.stop.signal, release);
      await this.outcomes.write(outcome, leaseEnd);
    } finally {
      release();
    }
  }

  /** @returns gives the slot back, once */
  private takeSlot(delivery: ClaimedDelivery, url: URL): () => void {
    let held: (() => void) | undefined = this.shares.add(delivery.client_id, url);
    return () => {
      if (!held) return;
      held();
      held = undefined;
      // Its destination may have more.
      if (this.looksLeft > 0) this.look.poke();
    };
  }

  private lookAgain(): void {
    this.looksLeft = LOOKS_FOR_NOTHING;
    this.look.poke();
  }
}

const ownerOf = ({
  client_id,
  endpoint_id,
}: ClaimedDelivery): { clientId: string; endpointId: string | null } => ({
  clientId: client_id,
  endpointId: endpoint_id,
});
