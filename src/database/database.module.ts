import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { AppConfig } from '../config/app-config';
import { AgeingService } from './ageing.service';
import { CursorsService } from './cursors.service';
import { dataSourceOptions, openDataSource } from './connection';
import { SharedKeysService } from './shared-keys.service';

/**
 * The connection pool of a process, and what all processes share in it. The schema is brought up to date before the
 * application starts (`migrate.ts`).
 */
@Global()
@Module({
  imports: [
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
  providers: [AgeingService, CursorsService, SharedKeysService],
  exports: [AgeingService, CursorsService, SharedKeysService],
})
export class DatabaseModule {}
