import { Injectable, Logger } from '@nestjs/common';
import { withLogContext } from '../common/log-context';
import { isTerminal } from './job';
import { JobWakeUps } from './job-wake-ups';
import { JobOutages } from './job-outages';
import type { JobEnd } from './job-sql';
import { JobTransitions } from './job-transitions';
import { JobTypeRegistry } from './job-type.registry';
import { StoreHealthService } from './store-health.service';

/**
 * Repairs what died. It runs in every process, so that no job outlives its deadline even when all workers are gone. What an
 * outage did to deadlines and leases comes first. What a process sees has a loop of its own (`watch`): if it waited for
 * repairs, many of them would be an outage.
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

  /** Says what this process sees of what jobs depend on, and records what nobody saw. */
  async watch(): Promise<void> {
    await this.outages.watch(this.store.isUp ? ['store'] : []);
  }

  /** Batch by batch, in turns, so that nothing waits for all of something else. */
  async run(stopping: AbortSignal): Promise<void> {
    const { storeTypes } = this.registry;
    await this.outages.settle(storeTypes, stopping);
    for (let repaired = 1; repaired > 0 && !stopping.aborted;) {
      const taken = await this.transitions.reap(storeTypes);
      for (const job of taken) this.reaped(job);
      repaired = taken.length + (await this.transitions.endOverdue(storeTypes)).length;
    }
  }

  private reaped({ id, request_id, state }: JobEnd): void {
    withLogContext({ request_id, job_id: id }, () =>
      this.logger.warn(`Job ${id}: its attempt was taken back from a worker that stopped.`),
    );
    if (!isTerminal(state)) this.wakeUps.send();
  }
}
