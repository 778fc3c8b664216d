import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MetricsModule } from '../common/metrics.module';
import { JobsModule } from '../jobs/jobs.module';
import { CallbackPolicyModule } from './callback-policy.module';
import { DeliveryBell } from './deliveries/delivery-bell.service';
import { DeliveryMetrics } from './deliveries/delivery-metrics';
import { DELIVERIES_QUEUE } from './deliveries/delivery-queue';
import { DeliveryTargets } from './deliveries/delivery-targets.service';
import { EgressModule } from './egress/egress.module';
import { FeedOrder } from './events/feed-order.service';
import { SigningModule } from './signing/signing.module';

/** Callbacks: what every role needs of them. */
@Module({
  imports: [
    CallbackPolicyModule,
    EgressModule,
    JobsModule,
    MetricsModule,
    SigningModule,
    BullModule.registerQueue({ name: DELIVERIES_QUEUE }),
  ],
  providers: [DeliveryBell, DeliveryMetrics, DeliveryTargets, FeedOrder],
  exports: [
    BullModule,
    CallbackPolicyModule,
    DeliveryBell,
    DeliveryMetrics,
    DeliveryTargets,
    EgressModule,
    JobsModule,
    SigningModule,
  ],
})
export class WebhooksModule {}
