import { DynamicModule, Module, Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BrandsHttpModule } from '../brands/brands-http.module';
import { ApiKeyGuard } from '../clients/api-key.guard';
import { ClientsHttpModule } from '../clients/clients-http.module';
import { ClientsModule } from '../clients/clients.module';
import { AppConfig } from '../config/app-config';
import { ConfigModule } from '../config/config.module';
import { ErasuresHttpModule } from '../erasures/erasures-http.module';
import { ErasuresModule } from '../erasures/erasures.module';
import { DatabaseModule } from '../database/database.module';
import { FirstStartService } from './first-start.service';
import { HealthModule } from '../health/health.module';
import { JobsHttpModule } from '../jobs/http/jobs-http.module';
import { JobsModule } from '../jobs/jobs.module';
import { JobsWorkerModule } from '../jobs/worker/jobs-worker.module';
import { MaintenanceModule } from './maintenance.module';
import { OrdersHttpModule } from '../orders/orders-http.module';
import { OrdersWorkerModule } from '../orders/orders-worker.module';
import { OrdersModule } from '../orders/orders.module';
import { AddressLimitGuard } from '../rate-limits/address-limit.guard';
import { KeyLimitGuard } from '../rate-limits/key-limit.guard';
import { RateLimitsModule } from '../rate-limits/rate-limits.module';
import { ReportRequestsHttpModule } from '../report-requests/report-requests-http.module';
import type * as ReportRequestsWorker from '../report-requests/report-requests-worker.module';
import { ReportRequestsModule } from '../report-requests/report-requests.module';
import { WebhooksHttpModule } from '../webhooks/webhooks-http.module';
import { ExternalTaskTypesModule } from '../tasks/external/external-task-types.module';
import { TasksHttpModule } from '../tasks/tasks-http.module';
import { WebhooksModule } from '../webhooks/webhooks.module';
import { WebhooksWorkerModule } from '../webhooks/webhooks-worker.module';

const EVERY_ROLE = [
  ClientsModule,
  DatabaseModule,
  ErasuresModule,
  HealthModule,
  JobsModule,
  MaintenanceModule,
  OrdersModule,
  RateLimitsModule,
  ReportRequestsModule,
  WebhooksModule,
];
// In the order in which routes are tried: what is called most comes first, and reports come before orders, because
// `/v1/orders/reports` must not be read as an order's id.
const API = [
  ReportRequestsHttpModule,
  JobsHttpModule,
  ClientsHttpModule,
  OrdersHttpModule,
  TasksHttpModule,
  WebhooksHttpModule,
  ErasuresHttpModule,
  BrandsHttpModule,
];
/** Loaded only where it is composed: an API need not have puppeteer and what prints in its memory. */
function worker(): Type[] {
  const { ReportRequestsWorkerModule } =
    // Not `import()`, which resolves as in an ES module: with file endings, and past the compiler of the tests.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require('../report-requests/report-requests-worker.module') as typeof ReportRequestsWorker;
  return [JobsWorkerModule, OrdersWorkerModule, ReportRequestsWorkerModule, WebhooksWorkerModule];
}

/** In the order in which they see a request. */
const GUARDS = [AddressLimitGuard, ApiKeyGuard, KeyLimitGuard].map((guard) => ({
  provide: APP_GUARD,
  useExisting: guard,
}));

/** Composes the modules of a role. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        ...EVERY_ROLE,
        ExternalTaskTypesModule.forRoot(config),
        ...(config.runsApi ? API : []),
        ...(config.runsWorker ? worker() : []),
      ],
      providers: [FirstStartService, ...GUARDS],
    };
  }
}
