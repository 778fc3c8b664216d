import { Module } from '@nestjs/common';
import { DeliveryAttempt } from './deliveries/delivery-attempt.service';
import { DeliveryClaims } from './deliveries/delivery-claims';
import { DeliveryOutcomes } from './deliveries/delivery-outcomes';
import { DeliveryRepairs } from './deliveries/delivery-repairs.service';
import { DeliveryRetention } from './deliveries/delivery-retention.service';
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
    DeliveryRepairs,
    DeliveryRetention,
    DeliveryWorker,
    DestinationHealth,
    FanOut,
  ],
})
export class WebhooksWorkerModule {}
