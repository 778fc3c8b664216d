import { Module } from '@nestjs/common';
import { DeliveryAttemptService } from './deliveries/delivery-attempt.service';
import { DeliveryClaims } from './deliveries/delivery-claims';
import { DeliveryOutcomes } from './deliveries/delivery-outcomes';
import { DeliveryRepairsService } from './deliveries/delivery-repairs.service';
import { DeliveryRetentionService } from './deliveries/delivery-retention.service';
import { DeliveryWorkerService } from './deliveries/delivery-worker.service';
import { DestinationHealth } from './deliveries/destination-health';
import { ExhaustedDeliveries } from './deliveries/exhausted-deliveries';
import { FanOutService } from './deliveries/fan-out.service';
import { RecoverHandler } from './recovery/recover.handler';
import { RedeliverHandler } from './recovery/redeliver.handler';
import { ResendService } from './recovery/resend.service';
import { WebhooksModule } from './webhooks.module';

/** What delivers. Only in worker roles. */
@Module({
  imports: [WebhooksModule],
  providers: [
    DeliveryAttemptService,
    DeliveryClaims,
    DeliveryOutcomes,
    DeliveryRepairsService,
    DeliveryRetentionService,
    DeliveryWorkerService,
    DestinationHealth,
    ExhaustedDeliveries,
    FanOutService,
    RecoverHandler,
    RedeliverHandler,
    ResendService,
  ],
})
export class WebhooksWorkerModule {}
