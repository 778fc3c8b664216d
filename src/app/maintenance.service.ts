import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown, Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Loop } from '../common/loop';
import { ApiKeysRetentionService } from '../clients/api-keys-retention.service';
import { AuditRetentionService } from '../clients/audit-retention.service';
import { IdempotencyKeysService } from '../jobs/idempotency-keys.service';
import { JobRepairsService } from '../jobs/job-repairs.service';
import { JobRetentionService } from '../jobs/job-retention.service';
import { OrderUploadsService } from '../orders/import/order-uploads.service';
import { OrderChangesRetentionService } from '../orders/order-changes-retention.service';
import { ReportFilesService } from '../report-requests/report-files.service';
import { DeliveryRepairsService } from '../webhooks/deliveries/delivery-repairs.service';
import { DeliveryRetentionService } from '../webhooks/deliveries/delivery-retention.service';
import { FormerCustomersService } from '../erasures/former-customers.service';
import { ErasureWorkerService } from '../erasures/erasure-worker.service';

interface MaintenanceTask<Service> {
  /** Whose work it is. The task runs in the processes that are composed with it. */
  of: Type<Service>;
  /** For the log: "The … failed", "The … works again". */
  name: string;
  /** From the end of one run to the next, give or take a tenth, so that processes do not run in step. */
  everyMs: number;
  /** Ends early, at a point that suits it, once the process stops. */
  run: (service: Service, stopping: AbortSignal) => Promise<void>;
}

const task = <Service>(task: MaintenanceTask<Service>): MaintenanceTask<unknown> =>
  task as MaintenanceTask<unknown>;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** All that is done on a schedule: what died is repaired, what is old is removed. */
const TASKS = [
  task({
    of: JobRepairsService,
    name: 'watch for outages',
    everyMs: 2 * SECOND,
    run: (repairs) => repairs.watch(),
  }),
  task({
    of: JobRepairsService,
    name: 'repair of jobs',
    everyMs: 2 * SECOND,
    run: (repairs, stopping) => repairs.run(stopping),
  }),
  task({
    of: IdempotencyKeysService,
    name: 'expiry of idempotency keys',
    everyMs: MINUTE,
    run: (keys, stopping) => keys.expire(stopping),
  }),
  task({
    of: JobRetentionService,
    name: 'removal of old jobs',
    everyMs: MINUTE,
    run: (retention, stopping) => retention.removeJobs(stopping),
  }),
  task({
    of: AuditRetentionService,
    name: 'removal of old audit entries',
    everyMs: HOUR,
    run: (retention, stopping) => retention.removeEntries(stopping),
  }),
  task({
    of: ApiKeysRetentionService,
    name: 'removal of keys that ended long ago',
    everyMs: HOUR,
    run: (retention, stopping) => retention.removeEnded(stopping),
  }),
  task({
    of: ReportFilesService,
    name: 'removal of expired reports',
    everyMs: MINUTE,
    run: (files, stopping) => files.sweep(stopping),
  }),
  task({
    of: OrderUploadsService,
    name: 'removal of abandoned uploads',
    everyMs: MINUTE,
    run: (uploads, stopping) => uploads.sweep(stopping),
  }),
  task({
    of: DeliveryRepairsService,
    name: 'repair of deliveries',
    everyMs: 2 * SECOND,
    run: (repairs, stopping) => repairs.run(stopping),
  }),
  task({
    of: DeliveryRetentionService,
    name: 'removal of old messages',
    everyMs: MINUTE,
    run: (retention, stopping) => retention.removeMessages(stopping),
  }),
  task({
    of: DeliveryRetentionService,
    name: 'removal of old events that were set aside',
    everyMs: HOUR,
    run: (retention, stopping) => retention.removeSetAside(stopping),
  }),
  task({
    of: OrderChangesRetentionService,
    name: 'removal of old changes of orders',
    everyMs: MINUTE,
    run: (changes, stopping) => changes.removeOld(stopping),
  }),
  task({
    of: DeliveryRetentionService,
    name: 'removal of expired signing secrets',
    everyMs: MINUTE,
    run: (retention) => retention.removeSecrets(),
  }),
  task({
    of: DeliveryRetentionService,
    name: 'removal of unused destinations',
    everyMs: HOUR,
    run: (retention, stopping) => retention.removeDestinations(stopping),
  }),
  task({
    of: ErasureWorkerService,
    name: 'erasure of persons and clients',
    everyMs: 2 * SECOND,
    run: (erasures, stopping) => erasures.run(stopping),
  }),
  task({
    of: FormerCustomersService,
    name: 'removal of notes of former customers',
    everyMs: HOUR,
    run: (former, stopping) => former.removeNotes(stopping),
  }),
];

/**
 * Runs the tasks of this process, at its start and then again and again. All processes do so at once: each takes what no
 * other has locked, so that none is needed more than another.
 */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Maintenance');
  private readonly stopping = new AbortController();
  private loops: Loop[] = [];

  constructor(private readonly discovery: DiscoveryService) {}

  onApplicationBootstrap(): void {
    this.loops = TASKS.flatMap(({ of, name, everyMs, run }) => {
      const service = this.composed(of);
      return service === undefined
        ? []
        : [new Loop(name, everyMs, () => run(service, this.stopping.signal), this.logger)];
    });
    for (const loop of this.loops) loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  private composed(type: Type): unknown {
    return this.discovery.getProviders().find(({ metatype }) => metatype === type)?.instance;
  }
}
