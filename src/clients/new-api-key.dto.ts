import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsEnum,
  IsInt,
  IsISO8601,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { ONE_LINE_PATTERN } from '../common/plain-text';
import { IsInTheFuture, MayBeLeftOut } from '../common/validators';
import { Scope } from './scope';

/** What is no date before the `T` has its own message. Anchored: the text may be as long as a body. */
const TIME_WITH_OFFSET = /^[^T]{1,20}T[^TZ]{1,40}(Z|[+-]\d{2}:\d{2})$/;
const SCOPE_COUNT = Object.keys(Scope).length;
const DAY_SECONDS = 86_400;

/** The body of `POST /v1/clients/{id}/keys` and of `POST /v1/keys`. */
export class NewApiKeyBody {
  @ApiProperty({ example: 'nightly export', minLength: 1, maxLength: 200, pattern: ONE_LINE_PATTERN })
  @IsString()
  @Length(1, 200)
  @Matches(/^[^\p{Cc}]*$/u, { message: 'name must not contain control characters' })
  name: string;

  @ApiProperty({
    enum: Scope,
    enumName: 'Scope',
    isArray: true,
    example: [Scope.Reports],
    minItems: 1,
    maxItems: SCOPE_COUNT,
    uniqueItems: true,
    description:
      '`webhooks` sees the events of every job of the client, with their results, whatever other scopes the key has.',
  })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(SCOPE_COUNT)
  @ArrayUnique()
  @IsEnum(Scope, { each: true })
  scopes: Scope[];

  @ApiPropertyOptional({
    format: 'date-time',
    pattern: 'T.*(Z|[+-][0-9]{2}:[0-9]{2})$',
    example: '2099-01-01T00:00:00Z',
    description:
      'When the key ends, with an offset. Without it the key is good until it is revoked, or for as long as the key that makes it.',
  })
  @MayBeLeftOut()
  @IsISO8601({ strict: true })
  @Matches(TIME_WITH_OFFSET, { message: 'expires_at must be a time with Z or an offset' })
  @IsInTheFuture()
  expires_at?: string;
}

/** The body of `POST /v1/clients/{id}/keys/{key_id}/rotate`. */
export class RotateApiKeyBody {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 30 * DAY_SECONDS,
    description: `Seconds for which the old key stays good; 0 ends it at once. Left out: ${DAY_SECONDS}, a day.`,
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(0)
  @Max(30 * DAY_SECONDS)
  overlap_seconds: number = DAY_SECONDS;
}
