import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MetricsModule } from '../common/metrics.module';
import { JobsModule } from '../jobs/jobs.module';
import { CallbackPolicyModule } from './endpoints/callback-policy.module';
import { DELIVERIES_QUEUE, DeliveryWakeUps } from './deliveries/delivery-wake-ups';
import { DeliveryMetrics } from './deliveries/delivery-metrics';
import { DeliveryTargetsService } from './deliveries/delivery-targets.service';
import { EgressModule } from './egress/egress.module';
import { FeedOrderService } from './feed/feed-order.service';
import { FeedWalkService } from './feed/feed-walk.service';
import { WEBHOOKS_RECOVER } from './recovery/recover.job';
import { WEBHOOKS_REDELIVER } from './recovery/redeliver.job';
import { SigningModule } from './signing/signing.module';

/** Callbacks: what every role needs of them. */
@Module({
  imports: [
    CallbackPolicyModule,
    EgressModule,
    JobsModule,
    JobsModule.forFeature(WEBHOOKS_RECOVER, WEBHOOKS_REDELIVER),
    MetricsModule,
    SigningModule,
    BullModule.registerQueue({ name: DELIVERIES_QUEUE }),
  ],
  providers: [DeliveryWakeUps, DeliveryMetrics, DeliveryTargetsService, FeedOrderService, FeedWalkService],
  exports: [
    BullModule,
    CallbackPolicyModule,
    DeliveryWakeUps,
    DeliveryMetrics,
    DeliveryTargetsService,
    EgressModule,
    FeedWalkService,
    JobsModule,
    SigningModule,
  ],
})
export class WebhooksModule {}
