import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { MetricsModule } from '../common/metrics.module';
import { AppConfig } from '../config/app-config';
import { AgeingService } from './ageing.service';
import { CursorsService } from './cursors.service';
import { FleetGauges } from './fleet-gauges';
import { dataSourceOptions, openDataSource } from './connection';
import { SharedKeysService } from './shared-keys.service';

/**
 * The connection pool of a process, and what all processes share in it. The schema is brought up to date before the
 * application starts (`migrate.ts`).
 */
@Global()
@Module({
  imports: [
    MetricsModule,
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        ...dataSourceOptions(config.databaseUrl, config.databasePoolSize),
        retryAttempts: 10,
        retryDelay: 1_000,
      }),
      dataSourceFactory: (options) => openDataSource(options as PostgresDataSourceOptions),
    }),
  ],
  providers: [AgeingService, CursorsService, FleetGauges, SharedKeysService],
  exports: [AgeingService, CursorsService, FleetGauges, SharedKeysService],
})
export class DatabaseModule {}
