import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { AppConfig } from '../config/app-config';
import { dataSourceOptions, openDataSource } from './data-source';

/** The connection pool of a process. The schema is brought up to date before the application starts (`migrate.ts`). */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        ...dataSourceOptions(config.databaseUrl, config.databasePoolSize),
        autoLoadEntities: true,
        retryAttempts: 10,
        retryDelay: 1_000,
      }),
      dataSourceFactory: (options) => openDataSource(options as PostgresDataSourceOptions),
    }),
  ],
})
export class DatabaseModule {}
