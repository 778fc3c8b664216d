import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfig } from '../config/app-config';
import { dataSourceOptions } from './data-source';

/** A report holds a connection while it is made; its end, and whatever else the process does, needs others. */
const CONNECTIONS_BESIDE_JOBS = 20;

const connectionsOf = ({ runsWorker, jobConcurrency }: AppConfig): number =>
  CONNECTIONS_BESIDE_JOBS + (runsWorker ? jobConcurrency : 0);

/** The connection pool of a process. The schema is brought up to date before the application starts (`migrate.ts`). */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: (config: AppConfig) => ({
        ...dataSourceOptions(config.databaseUrl, connectionsOf(config)),
        autoLoadEntities: true,
        retryAttempts: 10,
        retryDelay: 1_000,
      }),
    }),
  ],
})
export class DatabaseModule {}
