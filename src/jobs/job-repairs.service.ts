import { Injectable, Logger } from '@nestjs/common';
import { withLogContext } from '../common/log-context';
import { isTerminal } from './job';
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
    for (const { id, request_id, state } of await this.transitions.reap(storeTypes)) {
      withLogContext({ request_id, job_id: id }, () =>
        this.logger.warn(`Job ${id}: its attempt was taken back from a worker that stopped.`),
      );
      if (!isTerminal(state)) this.wakeUps.send();
    }
    await this.transitions.endOverdue(storeTypes);
  }
}
