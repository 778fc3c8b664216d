import { Module } from '@nestjs/common';
import { MetricsModule } from '../common/metrics.module';
import { JobsModule } from '../jobs/jobs.module';
import { RedisModule } from '../redis/redis.module';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { ReadinessService } from './readiness.service';

@Module({
  imports: [JobsModule, MetricsModule, RedisModule],
  controllers: [HealthController, MetricsController],
  providers: [ReadinessService],
})
export class HealthModule {}
