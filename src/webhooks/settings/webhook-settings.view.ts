import { ApiProperty } from '@nestjs/swagger';
import { IsEnum } from 'class-validator';
import { UnregisteredCallbacks } from './webhook-settings.entity';

class WebhookSettings {
  @ApiProperty({
    enum: UnregisteredCallbacks,
    enumName: 'UnregisteredCallbacks',
    description:
      'Whether a `callback_url` may be any URL, or only one on the origin of an endpoint that is verified and enabled.',
  })
  @IsEnum(UnregisteredCallbacks)
  unregistered_callbacks: UnregisteredCallbacks;
}

/** The body of `PUT /v1/webhooks/settings`. */
export class WebhookSettingsBody extends WebhookSettings {}

export class WebhookSettingsView extends WebhookSettings {}

export class ClientSecretView {
  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: '`null` for the current one.',
  })
  expires_at: string | null;
}

export class ClientSecretsView {
  @ApiProperty({
    type: [ClientSecretView],
    description: 'What signs, newest first; never the secrets themselves.',
  })
  secrets: ClientSecretView[];
}

export class RotatedClientSecretView extends ClientSecretsView {
  @ApiProperty({ example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', description: 'Shown this once.' })
  secret: string;
}
