import { Module } from '@nestjs/common';
import { DeliveryAttempt } from './deliveries/delivery-attempt.service';
import { DeliveryClaims } from './deliveries/delivery-claims';
import { DeliveryOutcomes } from './deliveries/delivery-outcomes';
import { DeliveryRetention } from './deliveries/delivery-retention.service';
import { DeliverySweeper } from './deliveries/delivery-sweeper.service';
import { DeliveryWorker } from './deliveries/delivery-worker.service';
import { DestinationHealth } from './deliveries/destination-health';
import { FanOut } from './deliveries/fan-out.service';
import { WebhooksModule } from './webhooks.module';

/** What delivers. Only in worker roles. */
@Module({
  imports: [WebhooksModule],
  providers: [
    DeliveryAttempt,
    DeliveryClaims,
    DeliveryOutcomes,
    DeliveryRetention,
    DeliverySweeper,
    DeliveryWorker,
    DestinationHealth,
    FanOut,
  ],
})
export class WebhooksWorkerModule {}
