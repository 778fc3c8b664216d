import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { hostname } from 'node:os';
import { newId } from '../../common/ids';
import { AppConfig } from '../../config/app-config';
import { Loop } from '../../jobs/loop';
import { FanOut } from '../events/fan-out.service';
import { DeliveryAttempt } from './delivery-attempt.service';
import { ClaimedDelivery, DeliveryClaims } from './delivery-claims';
import { DeliveryOutcomes } from './delivery-outcomes';
import { LEASE_MARGIN_MS } from './delivery-queue';
import { DeliveryShares } from './delivery-shares';
import { DeliveryTarget, DeliveryTargets } from './delivery-targets.service';
import { OutcomeWriter } from './outcome-writer';

/** Attempts under way in one worker: they wait for the network, hardly for us. */
const SLOTS = 512;
/** How often a worker looks for due deliveries by itself: Bull's tickets are quicker, this needs no Redis. */
const LOOK_MS = 500;
/** With fewer under way each end of an attempt is a reason to look for more; with more, so many are, or a few ms. */
const ENOUGH = 64;
const GATHER_MS = 3;
/** How long attempts under way may go on after SIGTERM before they are broken off. */
const SHUTDOWN_GRACE_MS = 5_000;

/** Fans events out, claims due deliveries, makes the attempts, and stores how they ended. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliveryWorker.name);
  private readonly worker = `${hostname()}:${process.pid}:${newId().slice(-6)}`;
  private readonly fanOutLoop = new Loop('fan-out of events', LOOK_MS, () => this.fanOutAll(), this.logger);
  private readonly look = new Loop('look for due deliveries', LOOK_MS, () => this.fillSlots(), this.logger);
  private readonly outcomes: OutcomeWriter;
  private readonly underWay = new Set<Promise<void>>();
  private readonly shares = new DeliveryShares();
  private readonly stop = new AbortController();
  private stopping = false;
  /** Attempts that have ended since the last look, and the look that waits for more of them. */
  private ended = 0;
  private gathering: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly fanOut: FanOut,
    private readonly claims: DeliveryClaims,
    private readonly targets: DeliveryTargets,
    private readonly attempt: DeliveryAttempt,
    outcomes: DeliveryOutcomes,
  ) {
    this.outcomes = new OutcomeWriter((group) => outcomes.store(group), this.logger);
  }

  onApplicationBootstrap(): void {
    this.fanOutLoop.start();
    this.look.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.fanOutLoop.stop();
    await this.look.stop();
    const grace = setTimeout(() => this.stop.abort(), SHUTDOWN_GRACE_MS);
    await Promise.all(this.underWay);
    clearTimeout(grace);
  }

  /** Resolves when what had happened by now is fanned out and under way, as far as there is room. */
  async lookNow(): Promise<void> {
    await this.fanOutAll();
    this.look.poke();
  }

  private async fanOutAll(): Promise<void> {
    for (let more = true; more && !this.stopping;) {
      const round = await this.fanOut.next();
      more = round.more;
      if (round.events > 0) this.look.poke();
    }
  }

  private async fillSlots(): Promise<void> {
    while (!this.stopping) {
      this.ended = 0;
      const free = SLOTS - this.underWay.size;
      if (free <= 0) return;
      const leaseMs = this.config.callbackTimeoutMs + LEASE_MARGIN_MS;
      const until = Date.now() + leaseMs;
      const claimed = await this.claims.claim(this.worker, leaseMs, free, this.shares);
      if (claimed.length === 0) return;
      const targetOf = await this.targets.load(claimed.map(ownerOf));
      for (const delivery of claimed) this.start(delivery, () => targetOf(ownerOf(delivery)), until);
    }
  }

  private start(delivery: ClaimedDelivery, target: () => DeliveryTarget, until: number): void {
    const url = new URL(delivery.url);
    const giveBack = this.shares.add(delivery.client_id, url);
    const run = this.run(delivery, url, target, until).finally(() => {
      this.underWay.delete(run);
      giveBack();
      this.ended += 1;
      this.lookForMore();
    });
    this.underWay.add(run);
  }

  /** A place is free, and its destination may have more. While many are under way, some ends make one look. */
  private lookForMore(): void {
    if (this.underWay.size + this.ended < ENOUGH || this.ended >= ENOUGH) {
      clearTimeout(this.gathering);
      this.gathering = undefined;
      this.look.poke();
    } else {
      this.gathering ??= setTimeout(() => {
        this.gathering = undefined;
        this.look.poke();
      }, GATHER_MS);
    }
  }

  private async run(
    delivery: ClaimedDelivery,
    url: URL,
    target: () => DeliveryTarget,
    until: number,
  ): Promise<void> {
    const outcome = await this.attempt.make(delivery, url, target, this.stop.signal);
    await this.outcomes.write(outcome, until);
  }
}

const ownerOf = ({
  client_id,
  endpoint_id,
}: ClaimedDelivery): { clientId: string; endpointId: string | null } => ({
  clientId: client_id,
  endpointId: endpoint_id,
});
