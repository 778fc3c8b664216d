import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
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
import { IsInTheFuture, MayBeLeftOut } from '../common/validators';
import { Scope } from './scope';

const TIME_WITH_OFFSET = /T.*(Z|[+-]\d{2}:\d{2})$/;
const DAY_SECONDS = 86_400;

/** The body of `POST /v1/clients/{id}/keys`. */
export class NewApiKeyBody {
  @ApiProperty({ example: 'nightly export', minLength: 1, maxLength: 200 })
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
    description:
      '`webhooks` sees the events of every job of the client, with their results, whatever other scopes the key has.',
  })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsEnum(Scope, { each: true })
  scopes: Scope[];

  @ApiPropertyOptional({
    format: 'date-time',
    example: '2099-01-01T00:00:00Z',
    description: 'When the key ends, with an offset. Without it the key is good until it is revoked.',
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
    default: DAY_SECONDS,
    minimum: 0,
    maximum: 30 * DAY_SECONDS,
    description: 'Seconds for which the old key stays good; 0 ends it at once.',
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(0)
  @Max(30 * DAY_SECONDS)
  overlap_seconds: number = DAY_SECONDS;
}
