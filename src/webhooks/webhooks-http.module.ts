import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { JobsHttpModule } from '../jobs/http/jobs-http.module';
import { DeliveriesController } from './deliveries/deliveries.controller';
import { DeliveriesService } from './deliveries/deliveries.service';
import { EndpointsController } from './endpoints/endpoints.controller';
import { EndpointsService } from './endpoints/endpoints.service';
import { OwnershipChallengeService } from './endpoints/ownership-challenge.service';
import { TestEventsService } from './endpoints/test-events.service';
import { EventFeedService } from './feed/event-feed.service';
import { EventsController } from './feed/events.controller';
import { ProofsController } from './recovery/proofs.controller';
import { ProofsService } from './recovery/proofs.service';
import { ProvenEvents } from './recovery/proven-events';
import { RecoverAdmission } from './recovery/recover.admission';
import { RedeliverAdmission } from './recovery/redeliver.admission';
import { ResendsController } from './recovery/resends.controller';
import { ResendsService } from './recovery/resends.service';
import { WebhookSettingsController } from './settings/webhook-settings.controller';
import { WebhookSettingsEntity } from './settings/webhook-settings.entity';
import { WebhookSettingsService } from './settings/webhook-settings.service';
import { JwksController } from './signing/jwks.controller';
import { PublicKeysService } from './signing/public-keys.service';
import { WebhooksModule } from './webhooks.module';

/** The routes of callbacks. */
@Module({
  imports: [JobsHttpModule, WebhooksModule, TypeOrmModule.forFeature([WebhookSettingsEntity])],
  controllers: [
    EndpointsController,
    DeliveriesController,
    WebhookSettingsController,
    EventsController,
    JwksController,
    ProofsController,
    ResendsController,
  ],
  providers: [
    DeliveriesService,
    EndpointsService,
    EventFeedService,
    OwnershipChallengeService,
    ProofsService,
    ProvenEvents,
    PublicKeysService,
    RecoverAdmission,
    RedeliverAdmission,
    ResendsService,
    TestEventsService,
    WebhookSettingsService,
  ],
})
export class WebhooksHttpModule {}
