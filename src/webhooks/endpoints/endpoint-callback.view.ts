import { ApiProperty, PickType } from '@nestjs/swagger';
import { DisabledReason } from '../deliveries/destination';
import { DELIVERY_EXHAUSTED, ENDPOINT_RECOVERED, TEST_EVENT } from '../deliveries/event-types';
import { CallbackFailure, UNREACHABLE } from '../egress/callback-failure';
import { EndpointStatus } from './endpoint';

class EndpointStateDataView {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: '`null` for the `callback_url` of a job that is no endpoint.',
  })
  endpoint_id: string | null;

  @ApiProperty({ example: 'https://example.com/hooks', description: 'Without its query.' })
  url: string;

  @ApiProperty({ enum: [EndpointStatus.Disabled, EndpointStatus.Enabled] })
  status: EndpointStatus.Disabled | EndpointStatus.Enabled;

  @ApiProperty({
    enum: DisabledReason,
    enumName: 'DisabledReason',
    nullable: true,
    description: '`null` of one that works again.',
  })
  reason: DisabledReason | null;
}

/** What the client's other endpoints are sent when one was disabled, or works again. */
export class EndpointStateCallback {
  @ApiProperty({ enum: ['webhook.endpoint.disabled', 'webhook.endpoint.enabled'] })
  type: 'webhook.endpoint.disabled' | 'webhook.endpoint.enabled';

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ type: EndpointStateDataView })
  data: EndpointStateDataView;
}

class EndpointRecoveredDataView extends PickType(EndpointStateDataView, ['endpoint_id', 'url']) {
  @ApiProperty({ format: 'date-time', description: 'When its attempts began to fail.' })
  failing_since: string;
}

/** What the client's other endpoints are sent when one gets callbacks again after its circuit was open. */
export class EndpointRecoveredCallback {
  @ApiProperty({ enum: [ENDPOINT_RECOVERED] })
  type: typeof ENDPOINT_RECOVERED;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ type: EndpointRecoveredDataView })
  data: EndpointRecoveredDataView;
}

class DeliveryExhaustedDataView {
  @ApiProperty({ format: 'uuid' })
  delivery_id: string;

  @ApiProperty({ format: 'uuid', description: 'The `webhook-id` of what could not be delivered.' })
  event_id: string;

  @ApiProperty({ example: 'orders.report.completed' })
  event_type: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: '`null`: a `callback_url` that is no endpoint.',
  })
  endpoint_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'What the event is about.' })
  job_id: string | null;

  @ApiProperty({ type: 'integer', example: 10, description: 'Attempts that were made.' })
  attempts: number;

  @ApiProperty({
    type: String,
    enum: [...Object.values(CallbackFailure), UNREACHABLE],
    nullable: true,
    description: 'Why the last attempt failed. `null`: an open circuit kept it from every one.',
  })
  failure: string | null;
}

/** What the client's other endpoints are sent when a delivery was given up. */
export class DeliveryExhaustedCallback {
  @ApiProperty({ enum: [DELIVERY_EXHAUSTED] })
  type: typeof DELIVERY_EXHAUSTED;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ type: DeliveryExhaustedDataView })
  data: DeliveryExhaustedDataView;
}

class EndpointTestDataView {
  @ApiProperty({ format: 'uuid' })
  endpoint_id: string;
}

/** What `POST /v1/webhooks/endpoints/{id}/test` sends. */
export class EndpointTestCallback {
  @ApiProperty({ enum: [TEST_EVENT] })
  type: typeof TEST_EVENT;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ type: EndpointTestDataView })
  data: EndpointTestDataView;
}

class EndpointVerificationDataView {
  @ApiProperty({ format: 'uuid' })
  endpoint_id: string;

  @ApiProperty({
    example: 'dGhpcyBpcyBhIHJhbmRvbSBjaGFsbGVuZ2U',
    description: 'Random; to be sent back.',
  })
  challenge: string;
}

/** What a URL is sent when it is registered, or verified again. */
export class EndpointVerificationCallback {
  @ApiProperty({ enum: ['webhook.endpoint.verification'] })
  type: 'webhook.endpoint.verification';

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ type: EndpointVerificationDataView })
  data: EndpointVerificationDataView;
}

/** What such a URL answers. */
export class EndpointVerificationAnswer {
  @ApiProperty({
    example: 'dGhpcyBpcyBhIHJhbmRvbSBjaGFsbGVuZ2U',
    description: '`data.challenge` of the request.',
  })
  challenge: string;
}
