import { DynamicModule, INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule } from '../src/clients/clients.module';
import type { AppConfig } from '../src/config/app-config';
import { ConfigModule } from '../src/config/config.module';
import { DatabaseModule } from '../src/database/database.module';
import { JobsModule } from '../src/jobs/jobs.module';
import { WebhooksWorkerModule } from '../src/webhooks/webhooks-worker.module';
import { WebhooksModule } from '../src/webhooks/webhooks.module';

@Module({})
class DeliveryHouse {}

/** A worker that does nothing but deliver. */
export function startDeliveryWorker(config: AppConfig): Promise<INestApplicationContext> {
  const root: DynamicModule = {
    module: DeliveryHouse,
    imports: [
      ConfigModule.forRoot(config),
      ClientsModule,
      DatabaseModule,
      JobsModule,
      WebhooksModule,
      WebhooksWorkerModule,
    ],
  };
  return NestFactory.createApplicationContext(root, { logger: ['error', 'warn'], abortOnError: false });
}
