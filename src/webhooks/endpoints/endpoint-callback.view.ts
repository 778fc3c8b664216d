import { ApiProperty } from '@nestjs/swagger';
import { DisabledReason } from '../deliveries/destination';
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

class EndpointTestDataView {
  @ApiProperty({ format: 'uuid' })
  endpoint_id: string;
}

/** What `POST /v1/webhooks/endpoints/{id}/test` sends. */
export class EndpointTestCallback {
  @ApiProperty({ enum: ['webhook.test'] })
  type: 'webhook.test';

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
