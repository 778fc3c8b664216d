import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { STORABLE_PATTERN } from '../../common/plain-text';
import { MayBeLeftOut } from '../../common/validators';
import { AreTags } from '../../jobs/http/job-labels.dto';
import { parseSecret, SECRET_PATTERN, SignatureScheme } from '../signing/standard-webhooks';
import {
  headersProblem,
  MOST_HEADERS,
  NAME_CHARACTERS,
  NAME_PATTERN,
  VALUE_CHARACTERS,
  VALUE_PATTERN,
} from './endpoint-headers';

export const EVENT_TYPE_PATTERN = /^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$/;
export const MOST_EVENT_TYPES = 50;
const SCHEMES: SignatureScheme[] = ['v1', 'v1a'];
const PEM_LENGTH = 20_000;

const AreHeaders = (): PropertyDecorator =>
  ValidateBy({
    name: 'areHeaders',
    validator: {
      validate: (value: unknown) => value === null || headersProblem(value) === undefined,
      defaultMessage: (args) => headersProblem(args?.value) ?? '',
    },
  });

const IsSecret = (): PropertyDecorator =>
  ValidateBy({
    name: 'isSecret',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && parseSecret(value) !== null,
      defaultMessage: () => '$property must be whsec_ and 24 to 64 bytes in base64',
    },
  });

/** What can be set of an endpoint. */
class EndpointSettings {
  @ApiProperty({
    format: 'uri',
    pattern: '^https?://',
    maxLength: 2048,
    example: 'https://example.com/hooks/reports',
  })
  @IsString()
  @Length(1, 2048)
  url: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: EVENT_TYPE_PATTERN.source },
    minItems: 1,
    maxItems: MOST_EVENT_TYPES,
    uniqueItems: true,
    example: ['orders.report.*'],
    description:
      'Types of events; `*` for all, as of a new endpoint that says nothing, `orders.report.*` for all of a job type.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_EVENT_TYPES)
  @ArrayUnique()
  @Matches(EVENT_TYPE_PATTERN, {
    each: true,
    message: 'each value in $property must be *, a type such as orders.report.completed, or orders.report.*',
  })
  event_types?: string[];

  @AreTags({
    description:
      'Only events of jobs with at least one of these tags. Left out, or empty: of all jobs, and events that are of none.',
  })
  tags?: string[];

  @ApiPropertyOptional({ maxLength: 500, pattern: STORABLE_PATTERN })
  @MayBeLeftOut()
  @IsString()
  @MaxLength(500)
  description?: string;

  @ApiPropertyOptional({
    enum: SCHEMES,
    isArray: true,
    minItems: 1,
    maxItems: SCHEMES.length,
    uniqueItems: true,
    description:
      '`v1`, also of a new endpoint that says nothing, is HMAC-SHA256 with the secret, `v1a` Ed25519 with the keys of `/.well-known/jwks.json`.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(SCHEMES.length)
  @ArrayUnique()
  @IsIn(SCHEMES, { each: true })
  signatures?: SignatureScheme[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 256,
    description: 'Requests under way at once; of a new endpoint that says nothing 8.',
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(256)
  max_concurrency?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    description: 'Requests a second; of a new endpoint that says nothing 100.',
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(10_000)
  max_per_second?: number;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: PEM_LENGTH,
    description: 'PEM. The certificate authority to trust for this endpoint, instead of the public ones.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(PEM_LENGTH)
  certificate_authority?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: PEM_LENGTH,
    description: 'PEM. The TLS certificate that we show to this endpoint; needs `client_key`.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(PEM_LENGTH)
  client_certificate?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    writeOnly: true,
    maxLength: PEM_LENGTH,
    description: 'PEM. Never shown again.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(PEM_LENGTH)
  client_key?: string | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: {
      type: 'string',
      minLength: 1,
      maxLength: VALUE_CHARACTERS,
      pattern: VALUE_PATTERN,
    },
    // The types of the library lack it.
    ...({ propertyNames: { minLength: 1, maxLength: NAME_CHARACTERS, pattern: NAME_PATTERN } } as object),
    maxProperties: MOST_HEADERS,
    nullable: true,
    writeOnly: true,
    example: { 'x-api-key': 'k-0123456789' },
    description:
      'Sent with every request to this endpoint, such as the key of a gateway before it: all of them, in place of those ' +
      'before. Never shown again, and to be given anew with a `url` of another origin. Not `Host`, `Connection`, `Transfer-Encoding` or others of one connection, nor any that ' +
      'begins with `Content-`, `Webhook-` or `Proxy-`.',
  })
  @IsOptional()
  @AreHeaders()
  headers?: Record<string, string> | null;
}

/** The body of `POST /v1/webhooks/endpoints`. */
export class EndpointRequest extends EndpointSettings {
  @ApiPropertyOptional({
    pattern: SECRET_PATTERN,
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'A secret of your own, 24 to 64 random bytes in base64; one is made without it.',
    writeOnly: true,
  })
  @MayBeLeftOut()
  @IsSecret()
  secret?: string;
}

/** The body of `PATCH /v1/webhooks/endpoints/{id}`: what is missing stays as it is. */
export class EndpointChange extends PartialType(EndpointSettings, { skipNullProperties: false }) {
  @ApiPropertyOptional({
    description:
      '`false` stops callbacks to it, also at another URL; `true` enables it again, however it was disabled.',
  })
  @MayBeLeftOut()
  @IsBoolean()
  enabled?: boolean;
}
