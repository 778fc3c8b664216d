import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { ApiKeys } from './clients/api-keys.service';
import { Scope } from './clients/scope';
import { AppConfig } from './config/app-config';
import { SampleOrders } from './orders/sample-orders.service';

const DEMO_CLIENT = 'Demo';
const DEMO_SCOPES = Object.values(Scope).filter((scope) => scope !== Scope.Admin);

/** Makes the clients of the configured keys, and loads the sample orders once. Later starts find them there. */
@Injectable()
export class FirstStart implements OnApplicationBootstrap {
  private readonly logger = new Logger(FirstStart.name);

  constructor(
    private readonly config: AppConfig,
    private readonly keys: ApiKeys,
    private readonly samples: SampleOrders,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { adminApiKey, demoApiKey, sampleData } = this.config;
    if (adminApiKey !== undefined)
      await this.keys.ensure('Operator', 'ADMIN_API_KEY', adminApiKey, [Scope.Admin]);
    if (demoApiKey === undefined) return;
    const clientId = await this.keys.ensure(DEMO_CLIENT, 'DEMO_API_KEY', demoApiKey, DEMO_SCOPES);
    if (!sampleData) return;
    const loaded = await this.samples.loadOnce(clientId);
    if (loaded > 0) this.logger.log(`${loaded} sample orders loaded for the client ${DEMO_CLIENT}.`);
  }
}
