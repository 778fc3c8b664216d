import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveriesController } from './deliveries/deliveries.controller';
import { DeliveriesService } from './deliveries/deliveries.service';
import { EndpointsController } from './endpoints/endpoints.controller';
import { EndpointsService } from './endpoints/endpoints.service';
import { OwnershipChallengeService } from './endpoints/ownership-challenge.service';
import { TestEventsService } from './endpoints/test-events.service';
import { EventFeedService } from './feed/event-feed.service';
import { EventsController } from './feed/events.controller';
import { WebhookSettingsController } from './settings/webhook-settings.controller';
import { WebhookSettingsEntity } from './settings/webhook-settings.entity';
import { WebhookSettingsService } from './settings/webhook-settings.service';
import { JwksController } from './signing/jwks.controller';
import { PublicKeysService } from './signing/public-keys.service';
import { WebhooksModule } from './webhooks.module';

/** The routes of callbacks. */
@Module({
  imports: [WebhooksModule, TypeOrmModule.forFeature([WebhookSettingsEntity])],
  controllers: [
    EndpointsController,
    DeliveriesController,
    WebhookSettingsController,
    EventsController,
    JwksController,
  ],
  providers: [
    DeliveriesService,
    EndpointsService,
    EventFeedService,
    OwnershipChallengeService,
    PublicKeysService,
    TestEventsService,
    WebhookSettingsService,
  ],
})
export class WebhooksHttpModule {}
