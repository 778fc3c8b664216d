import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { SignatureScheme } from '../signing/standard-webhooks';
import { publicKeyText } from '../signing/standard-webhooks';
import { DisabledReason } from '../deliveries/destination';
import { Endpoint, EndpointStatus, statusOf } from './endpoint';

export class SecretView {
  @ApiProperty({ enum: ['v1', 'v1a'] })
  scheme: SignatureScheme;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Until then an old secret signs beside the new one; `null` for the current one.',
  })
  expires_at: string | null;

  @ApiPropertyOptional({ description: 'The `kid` of a `v1a` key in `/.well-known/jwks.json`.' })
  kid?: string;

  @ApiPropertyOptional({ example: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=' })
  public_key?: string;
}

export class EndpointView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'uri' })
  url: string;

  @ApiProperty()
  description: string;

  @ApiProperty({ type: [String], example: ['orders.report.*'] })
  event_types: string[];

  @ApiProperty({
    type: [String],
    example: [],
    description:
      'It gets events of jobs with one of these; of all, and of what is no job, where there are none.',
  })
  tags: string[];

  @ApiProperty({ enum: EndpointStatus, enumName: 'EndpointStatus' })
  status: EndpointStatus;

  @ApiProperty({ enum: DisabledReason, enumName: 'DisabledReason', nullable: true })
  disabled_reason: DisabledReason | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  disabled_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it echoed the challenge.',
  })
  verified_at: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'http_status 404',
    description:
      'Why the last challenge failed: `unreachable`, `not_echoed`, or the class of the failure and the status of the ' +
      'answer.',
  })
  verification_failure: string | null;

  @ApiProperty({ type: 'integer', description: 'Attempts that failed in a row, over all deliveries.' })
  consecutive_failures: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  failing_since: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'It rests until then.' })
  paused_until: string | null;

  @ApiProperty({ enum: ['v1', 'v1a'], isArray: true })
  signatures: SignatureScheme[];

  @ApiProperty({ type: [SecretView], description: 'What signs; never the secrets themselves.' })
  secrets: SecretView[];

  @ApiProperty({ type: 'integer', example: 8 })
  max_concurrency: number;

  @ApiProperty({ type: 'integer', example: 100 })
  max_per_second: number;

  @ApiProperty({ type: String, nullable: true })
  certificate_authority: string | null;

  @ApiProperty({ type: String, nullable: true })
  client_certificate: string | null;

  @ApiProperty({
    type: [String],
    example: ['x-api-key'],
    description: 'Of `headers`, in lower case; their values are never shown.',
  })
  header_names: string[];

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

export class EndpointWithSecretView extends EndpointView {
  @ApiProperty({
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'Verifies `v1` signatures. Shown this once.',
  })
  secret: string;
}

export class EndpointPageView {
  @ApiProperty({ type: [EndpointView] })
  data: EndpointView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export function endpointView(endpoint: Endpoint): EndpointView {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.event_types,
    tags: endpoint.tags,
    status: statusOf(endpoint),
    disabled_reason: endpoint.disabled_reason,
    disabled_at: iso(endpoint.disabled_at),
    verified_at: iso(endpoint.verified_at),
    verification_failure: endpoint.verification_failure,
    consecutive_failures: endpoint.failures,
    failing_since: iso(endpoint.failing_since),
    paused_until: endpoint.paused_until > new Date() ? iso(endpoint.paused_until) : null,
    signatures: endpoint.signatures,
    secrets: endpoint.secrets.map(({ id, scheme, public_key, created_at, expires_at }) => ({
      scheme,
      created_at: new Date(created_at).toISOString(),
      expires_at: expires_at === null ? null : new Date(expires_at).toISOString(),
      ...(public_key !== null && { kid: id, public_key: publicKeyText(Buffer.from(public_key, 'base64')) }),
    })),
    max_concurrency: endpoint.max_concurrency,
    max_per_second: endpoint.max_per_second,
    certificate_authority: endpoint.certificate_authority,
    client_certificate: endpoint.client_certificate,
    header_names: endpoint.header_names,
    created_at: endpoint.created_at.toISOString(),
    updated_at: endpoint.updated_at.toISOString(),
  };
}
