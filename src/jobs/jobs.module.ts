import { BullModule } from '@nestjs/bull';
import { DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArtifactsModule } from '../artifacts/artifacts.module';
import { MetricsModule } from '../common/metrics.module';
import { IdempotencyKeysService } from './idempotency-keys.service';
import { JobsService } from './jobs.service';
import { JobClaims } from './job-claims';
import { JobTransitions } from './job-transitions';
import { JOBS_QUEUE, JobWakeUps } from './job-wake-ups';
import { JobEtaService } from './job-eta.service';
import { QueuePositionsService } from './queue-positions.service';
import { JobInserts } from './job-inserts';
import { JobQuotaService } from './job-quota.service';
import { JobMetrics } from './job-metrics';
import { JobOutages } from './job-outages';
import { JobRepairsService } from './job-repairs.service';
import { JobRetentionService } from './job-retention.service';
import { JobSignals } from './job-signals';
import { JobSubmissionService } from './job-submission.service';
import { JobEntity } from './job.entity';
import type { JobType } from './job-type';
import { JobTypeDefinition, JobTypeRegistry } from './job-type.registry';
import { QueuesModule } from '../redis/queues.module';
import { StoreHealthService } from './store-health.service';

/** The engine: the job table, its state machine, and what moves it. Every process
 * has it; `JobsWorkerModule` works, `JobsHttpModule` shows. */
@Module({
  imports: [
    ArtifactsModule,
    DiscoveryModule,
    MetricsModule,
    QueuesModule,
    TypeOrmModule.forFeature([JobEntity]),
    BullModule.registerQueue({ name: JOBS_QUEUE }),
  ],
  providers: [
    IdempotencyKeysService,
    JobsService,
    JobClaims,
    JobTransitions,
    JobWakeUps,
    JobEtaService,
    JobInserts,
    QueuePositionsService,
    JobMetrics,
    JobOutages,
    JobQuotaService,
    JobRepairsService,
    JobRetentionService,
    JobSignals,
    JobSubmissionService,
    JobTypeRegistry,
    StoreHealthService,
  ],
  exports: [
    BullModule,
    IdempotencyKeysService,
    JobsService,
    JobClaims,
    JobTransitions,
    JobWakeUps,
    JobEtaService,
    JobSignals,
    JobSubmissionService,
    JobTypeRegistry,
    StoreHealthService,
  ],
})
export class JobsModule {
  /** Declares the job types of a feature. Their handlers are ordinary providers of the feature. */
  static forFeature(...types: JobType[]): DynamicModule {
    return {
      module: JobsFeature,
      imports: [JobsModule],
      providers: types.map((type) => ({
        provide: `job type ${type.name}`,
        useValue: new JobTypeDefinition(type),
      })),
      exports: [JobsModule],
    };
  }
}

@Module({})
class JobsFeature {}
