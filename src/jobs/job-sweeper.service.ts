import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { JobWakeUps } from './job-wake-ups';
import { JobOutages } from './job-outages';
import { JobTransitions } from './job-transitions';
import { JobTypeRegistry } from './job-type.registry';
import { Loop } from '../common/loop';
import { StoreHealth } from './store-health.service';

const ROUND_MS = 2_000;
const KEYS_ROUND_MS = 600_000;

/**
 * Repairs what died. It runs in every process, so that no job outlives its deadline even when all workers are gone. What an
 * outage did to deadlines and leases comes first.
 */
@Injectable()
export class JobSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(JobSweeper.name);
  private readonly loop = new Loop('job sweeper', ROUND_MS, () => this.round(), this.logger);
  private readonly keysLoop = new Loop(
    'expiry of idempotency keys',
    KEYS_ROUND_MS,
    () => this.transitions.expireIdempotencyKeys(),
    this.logger,
  );

  constructor(
    private readonly outages: JobOutages,
    private readonly transitions: JobTransitions,
    private readonly registry: JobTypeRegistry,
    private readonly store: StoreHealth,
    private readonly wakeUps: JobWakeUps,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
    this.keysLoop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.loop.stop(), this.keysLoop.stop()]);
  }

  private async round(): Promise<void> {
    const { storeTypes } = this.registry;
    await this.outages.watch(this.store.isUp ? ['store'] : []);
    await this.outages.settle(storeTypes);
    const reaped = await this.transitions.reap(storeTypes);
    if (reaped > 0) {
      this.logger.warn(`${reaped} attempt(s) taken back from workers that stopped.`);
      for (let each = 0; each < reaped; each += 1) this.wakeUps.send();
    }
    await this.transitions.endOverdue(storeTypes);
  }
}
