import { Injectable, Logger } from '@nestjs/common';
import { JobWakeUps } from './job-wake-ups';
import { JobOutages } from './job-outages';
import { JobTransitions } from './job-transitions';
import { JobTypeRegistry } from './job-type.registry';
import { StoreHealthService } from './store-health.service';

/**
 * Repairs what died. It runs in every process, so that no job outlives its deadline even when all workers are gone. What an
 * outage did to deadlines and leases comes first.
 */
@Injectable()
export class JobRepairsService {
  private readonly logger = new Logger(JobRepairsService.name);

  constructor(
    private readonly outages: JobOutages,
    private readonly transitions: JobTransitions,
    private readonly registry: JobTypeRegistry,
    private readonly store: StoreHealthService,
    private readonly wakeUps: JobWakeUps,
  ) {}

  async run(): Promise<void> {
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
