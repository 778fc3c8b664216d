import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsEnum,
  IsIn,
  IsObject,
  IsUUID,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { TIMESTAMP_PATTERN } from '../../common/timestamp';
import { IsTimestamp, MayBeLeftOut } from '../../common/validators';
import { JobLabelsBody } from '../../jobs/http/job-labels.dto';
import { DeliveryState } from '../deliveries/delivery';
import { EVENT_TYPE_PATTERN, MOST_EVENT_TYPES } from '../endpoints/endpoint.dto';
import { RecoverOnly } from './recover.job';
import type { EndedState } from './redeliver.job';

/** A window of time: of the events that happened in it. */
class WindowBody extends JobLabelsBody {
  @ApiProperty({
    pattern: TIMESTAMP_PATTERN,
    example: '2026-11-20T00:00:00Z',
    description: 'Of events with this `timestamp`, or a later one.',
  })
  @IsTimestamp()
  since: string;

  @ApiPropertyOptional({
    pattern: TIMESTAMP_PATTERN,
    example: '2026-11-23T00:00:00Z',
    description: 'Of events before this time; until now where it is left out.',
  })
  @MayBeLeftOut()
  @IsTimestamp()
  until?: string;
}

/** The body of `POST /v1/webhooks/endpoints/{id}/recover`. */
export class RecoverBody extends WindowBody {
  @ApiPropertyOptional({
    enum: RecoverOnly,
    enumName: 'RecoverOnly',
    example: RecoverOnly.Failed,
    description:
      '`failed`: what was given up, and what waits since an attempt failed. `missing`: events that the endpoint would get ' +
      'today, and that were never to be delivered to it: from before it was there, for one. `all`: both, and what it has had ' +
      'already. `failed` where it is left out.',
  })
  @MayBeLeftOut()
  @IsEnum(RecoverOnly)
  only?: RecoverOnly;
}

const EVENT_TYPE_LENGTH = 100;
const ENDED: EndedState[] = [DeliveryState.Exhausted, DeliveryState.Delivered];

/** Which deliveries are made again. */
export class RedeliverFilterBody {
  @ApiPropertyOptional({
    enum: ENDED,
    isArray: true,
    minItems: 1,
    maxItems: ENDED.length,
    uniqueItems: true,
    example: [DeliveryState.Exhausted],
    description: '`EXHAUSTED` alone where it is left out.',
  })
  @MayBeLeftOut()
  @ArrayMinSize(1)
  @ArrayMaxSize(ENDED.length)
  @ArrayUnique()
  @IsIn(ENDED, { each: true })
  status?: EndedState[];

  @ApiPropertyOptional({ format: 'uuid', description: 'To this endpoint.' })
  @MayBeLeftOut()
  @IsUUID()
  endpoint_id?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', maxLength: EVENT_TYPE_LENGTH, pattern: EVENT_TYPE_PATTERN.source },
    minItems: 1,
    maxItems: MOST_EVENT_TYPES,
    uniqueItems: true,
    example: ['orders.report.*'],
    description: 'Like those of endpoints.',
  })
  @MayBeLeftOut()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_EVENT_TYPES)
  @ArrayUnique()
  @MaxLength(EVENT_TYPE_LENGTH, { each: true })
  @Matches(EVENT_TYPE_PATTERN, { each: true })
  event_types?: string[];
}

/** The body of `POST /v1/webhooks/deliveries/redeliver`. */
export class RedeliverBody extends WindowBody {
  @ApiProperty({
    allOf: [{ $ref: getSchemaPath(RedeliverFilterBody) }],
    description: '`{}`: whatever was given up.',
  })
  @IsObject()
  @ValidateNested()
  @Type(() => RedeliverFilterBody)
  filter: RedeliverFilterBody;
}
