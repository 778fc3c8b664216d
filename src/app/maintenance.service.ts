import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Loop } from '../common/loop';
import { AppConfig } from '../config/app-config';
import { JobRepairs } from '../jobs/job-repairs.service';
import { JobTransitions } from '../jobs/job-transitions';
import { OrderUploads } from '../orders/import/order-uploads.service';
import { ReportFiles } from '../report-requests/report-files.service';
import { DeliveryRepairs } from '../webhooks/deliveries/delivery-repairs.service';
import { DeliveryRetention } from '../webhooks/deliveries/delivery-retention.service';

interface MaintenanceTask {
  /** For the log: the … failed, works again. */
  name: string;
  /** From the end of one run to the next, give or take a tenth, so that processes do not run in step. */
  everyMs: number;
  /** Ends early, at a point that suits it, once the process shuts down. */
  run: (stopping: AbortSignal) => Promise<void>;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * All that is done on a schedule: what died is repaired, what is old is removed. Each task runs at the start and then
 * again and again, in every process of its role at once: each takes what no other has locked, so that no process is
 * needed more than another.
 */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Maintenance');
  private readonly stopping = new AbortController();
  private loops: Loop[] = [];

  constructor(
    private readonly modules: ModuleRef,
    private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    const tasks = [...this.ofEveryProcess(), ...(this.config.runsWorker ? this.ofWorkers() : [])];
    this.loops = tasks.map(
      ({ name, everyMs, run }) => new Loop(name, everyMs, () => run(this.stopping.signal), this.logger),
    );
    for (const loop of this.loops) loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /** In an API too: no job outlives its deadline, and no file its time, when all workers are gone. */
  private ofEveryProcess(): MaintenanceTask[] {
    const jobs = this.get(JobRepairs);
    const transitions = this.get(JobTransitions);
    const files = this.get(ReportFiles);
    const uploads = this.get(OrderUploads);
    return [
      { name: 'repair of jobs', everyMs: 2 * SECOND, run: () => jobs.run() },
      {
        name: 'expiry of idempotency keys',
        everyMs: 10 * MINUTE,
        run: () => transitions.expireIdempotencyKeys(),
      },
      { name: 'removal of expired reports', everyMs: MINUTE, run: (stopping) => files.sweep(stopping) },
      { name: 'removal of abandoned uploads', everyMs: MINUTE, run: (stopping) => uploads.sweep(stopping) },
    ];
  }

  private ofWorkers(): MaintenanceTask[] {
    const deliveries = this.get(DeliveryRepairs);
    const old = this.get(DeliveryRetention);
    return [
      { name: 'repair of deliveries', everyMs: 2 * SECOND, run: () => deliveries.run() },
      { name: 'removal of old events', everyMs: MINUTE, run: (stopping) => old.removeEvents(stopping) },
      { name: 'removal of expired signing secrets', everyMs: MINUTE, run: () => old.removeSecrets() },
      // Whether a destination is still in use is found by reading every delivery: seldom.
      { name: 'removal of unused destinations', everyMs: HOUR, run: () => old.removeDestinations() },
    ];
  }

  private get<T>(type: new (...parts: never[]) => T): T {
    return this.modules.get(type, { strict: false });
  }
}
