import { BeforeApplicationShutdown, Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import type { Subscription } from 'rxjs';
import { newWorkerName } from '../../common/ids';
import { AppConfig } from '../../config/app-config';
import { JobSignals } from '../../jobs/job-signals';
import { withLogContext } from '../../common/log-context';
import { Loop } from '../../common/loop';
import { FAN_OUT_BATCH, FanOutService } from './fan-out.service';
import { DeliveryAttemptService, DeliveryOutcome } from './delivery-attempt.service';
import { ClaimedDelivery, DeliveryClaims, DeliveryLease } from './delivery-claims';
import { DeliveryOutcomes } from './delivery-outcomes';
import { DeliveryShares } from './delivery-shares';
import { DeliveryTarget, DeliveryTargetsService, TargetOf } from './delivery-targets.service';
import { DeliveryWakeUps } from './delivery-wake-ups';
import { EXHAUSTED_BATCH, ExhaustedDeliveries } from './exhausted-deliveries';

/** How often a worker polls for due deliveries: Bull's wake-ups are quicker, this needs no Redis. */
const POLL_MS = 500;
/** Between two polls: attempts that end in this time make one poll together. Without it each costs a statement. */
const POLL_REST_MS = 3;
/** A poll skips a destination that another worker has locked at that moment; two in a row hardly meet the same. */
const EMPTY_POLLS = 2;
/** Milliseconds beyond its deadline in which an attempt's outcome can be stored before another worker may take over. */
const LEASE_MARGIN_MS = 10_000;
/** How long attempts under way may go on after SIGTERM before they are broken off. */
const SHUTDOWN_GRACE_MS = 5_000;

/** Fans events out, claims due deliveries, makes the attempts, and stores how they ended. */
@Injectable()
export class DeliveryWorkerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliveryWorkerService.name);
  private readonly worker = newWorkerName();
  private readonly fanOutLoop = new Loop('fan-out of events', POLL_MS, () => this.fanOutAll(), this.logger);
  private readonly exhaustedLoop = new Loop(
    'publication of exhausted deliveries',
    POLL_MS,
    () => this.publishExhausted(),
    this.logger,
  );
  private readonly poll = new Loop(
    'poll for due deliveries',
    POLL_MS,
    () => this.fillSlots(),
    this.logger,
    POLL_REST_MS,
  );
  private readonly underWay = new Set<Promise<void>>();
  private readonly shares = new DeliveryShares();
  private readonly stop = new AbortController();
  private stopping = false;
  /** So many more attempts that end make a poll: something may be due that there was no room for. */
  private pollsLeft = EMPTY_POLLS;
  private ends: Subscription | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly fanOut: FanOutService,
    private readonly exhausted: ExhaustedDeliveries,
    private readonly claims: DeliveryClaims,
    private readonly targets: DeliveryTargetsService,
    private readonly attempt: DeliveryAttemptService,
    private readonly signals: JobSignals,
    private readonly wakeUps: DeliveryWakeUps,
    private readonly outcomes: DeliveryOutcomes,
  ) {
    // Each attempt that hides how soon it failed waits on this signal.
    setMaxListeners(0, this.stop.signal);
  }

  onApplicationBootstrap(): void {
    this.fanOutLoop.start();
    this.exhaustedLoop.start();
    this.poll.start();
    this.wakeUps.listen(1, () => this.pollNow(), this.logger);
    this.ends = this.signals.ended.subscribe(() => this.fanOutLoop.poke());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.ends?.unsubscribe();
    await this.fanOutLoop.stop();
    await this.exhaustedLoop.stop();
    await this.poll.stop();
    const grace = setTimeout(() => this.stop.abort(), SHUTDOWN_GRACE_MS);
    await Promise.allSettled(this.underWay);
    clearTimeout(grace);
  }

  /** Resolves when what had happened by now is fanned out and under way, as far as there is room. */
  async pollNow(): Promise<void> {
    await this.track(this.fanOutAll());
    this.pollAgain();
  }

  private async fanOutAll(): Promise<void> {
    for (let taken = FAN_OUT_BATCH; taken === FAN_OUT_BATCH && !this.stopping;) {
      taken = await this.fanOut.next();
      if (taken > 0) this.pollAgain();
    }
  }

  private async publishExhausted(): Promise<void> {
    for (let taken = EXHAUSTED_BATCH; taken === EXHAUSTED_BATCH && !this.stopping;) {
      taken = await this.exhausted.publish();
      if (taken > 0) this.pollAgain();
    }
  }

  /** Until it has ended, the process does not. */
  private track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
    return tracked;
  }

  /** Until no slot is free, or all destinations had their turn. */
  private async fillSlots(): Promise<void> {
    this.pollsLeft = Math.max(0, this.pollsLeft - 1);
    for (let hasBegun = false, isOver = false; !isOver && !this.stopping && this.shares.free() > 0;) {
      const lease = this.newLease();
      const { claimed, open, isFirst, isLast, pauseMs } = await this.claims.claim(lease, this.shares);
      hasBegun ||= isFirst;
      isOver = hasBegun && isLast;
      if (open) this.pollsLeft = EMPTY_POLLS;
      this.poll.nextWithin(pauseMs);
      if (claimed.length > 0) this.startAll(claimed, await this.load(claimed), lease.until);
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
      // Those of the report's own request and job too, so that one search follows it to its callback.
      const { request_id, job_id, id } = delivery;
      void withLogContext({ request_id, job_id, delivery_id: id }, () =>
        this.track(this.deliver(delivery, url, targetOf, leaseEnd)),
      );
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
      this.logger.log(describeOutcome(outcome, url));
      await this.outcomes.write(outcome, leaseEnd);
    } finally {
      release();
    }
  }

  /** @returns gives the slot back, once */
  private takeSlot(delivery: ClaimedDelivery, url: URL): () => void {
    let release: (() => void) | undefined = this.shares.add(delivery.client_id, url);
    return () => {
      if (!release) return;
      release();
      release = undefined;
      // Its destination may have more.
      if (this.pollsLeft > 0) this.poll.poke();
    };
  }

  private pollAgain(): void {
    this.pollsLeft = EMPTY_POLLS;
    this.poll.hurry();
  }
}

const ownerOf = ({
  client_id,
  endpoint_id,
}: ClaimedDelivery): { clientId: string; endpointId: string | null } => ({
  clientId: client_id,
  endpointId: endpoint_id,
});

/** Without the path and query of the URL, which may hold a secret of its owner's. */
function describeOutcome({ delivery, answer, nextAttemptIn }: DeliveryOutcome, { origin }: URL): string {
  const attempt = `Attempt ${delivery.attempt} of delivery ${delivery.id} to ${origin}`;
  if (answer.failure === null) return `${attempt}: delivered in ${Math.round(answer.timings.total)} ms`;
  const next =
    nextAttemptIn === null ? 'no further attempt' : `next in ${Math.round(nextAttemptIn / 100) / 10} s`;
  return `${attempt}: ${answer.failure}, ${next}`;
}
