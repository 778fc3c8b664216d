import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliveriesController } from './deliveries/deliveries.controller';
import { Deliveries } from './deliveries/deliveries.service';
import { EndpointsController } from './endpoints/endpoints.controller';
import { Endpoints } from './endpoints/endpoints.service';
import { OwnershipChallenge } from './endpoints/ownership-challenge.service';
import { TestEvents } from './endpoints/test-events.service';
import { EventFeed } from './feed/event-feed.service';
import { EventsController } from './feed/events.controller';
import { WebhookSettingsController } from './settings/webhook-settings.controller';
import { WebhookSettingsEntity } from './settings/webhook-settings.entity';
import { WebhookSettings } from './settings/webhook-settings.service';
import { JwksController } from './signing/jwks.controller';
import { PublicKeys } from './signing/public-keys.service';
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
  providers: [Deliveries, Endpoints, EventFeed, OwnershipChallenge, PublicKeys, TestEvents, WebhookSettings],
})
export class WebhooksHttpModule {}
