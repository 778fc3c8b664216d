import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { AppConfig } from '../config/app-config';
import { Cursors } from './cursors.service';
import { dataSourceOptions, openDataSource } from './connection';
import { SharedKeys } from './shared-keys.service';

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
  providers: [Cursors, SharedKeys],
  exports: [Cursors, SharedKeys],
})
export class DatabaseModule {}
