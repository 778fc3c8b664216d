import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { STORABLE_PATTERN } from '../../common/plain-text';
import { MayBeLeftOut } from '../../common/validators';
import { JobState } from '../../jobs/job';

const MOST_TYPES = 100;
/** What the column can hold. */
const LAST_ATTEMPT = 2_147_483_647;
const ERROR_CODE = /^[a-z][a-z0-9_]{0,63}$/;

export class ClaimBody {
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: STORABLE_PATTERN },
    minItems: 1,
    maxItems: MOST_TYPES,
    example: ['warehouse.pick'],
    description: 'What the worker can do; unset, every external type.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_TYPES)
  @IsString({ each: true })
  types?: string[];

  @ApiPropertyOptional({
    example: 'picker-7',
    minLength: 1,
    maxLength: 100,
    pattern: STORABLE_PATTERN,
    description: 'Who works, for operators to read.',
  })
  @MayBeLeftOut()
  @IsString()
  @Length(1, 100)
  worker?: string;
}

/** What an external worker may say of a task. */
export type ExternalStatus = JobState.InProgress | JobState.Completed | JobState.Failed | JobState.Cancelled;
const STATUSES: ExternalStatus[] = [
  JobState.InProgress,
  JobState.Completed,
  JobState.Failed,
  JobState.Cancelled,
];

/** A field that says something about one status alone: with another, the worker means something else than it says. */
const IsFor = (status: ExternalStatus): PropertyDecorator =>
  ValidateBy({
    name: 'isFor',
    validator: {
      validate: (_value, args) => (args?.object as ExternalTaskBody).status === status,
      defaultMessage: (args) => `${args?.property} is for the status ${status}`,
    },
  });

export class ExternalErrorBody {
  @ApiProperty({
    pattern: ERROR_CODE.source,
    example: 'out_of_stock',
    description: 'Stable and machine-readable.',
  })
  @Matches(ERROR_CODE, { message: 'code must be lower case words joined by _' })
  code: string;

  @ApiProperty({ minLength: 1, maxLength: 500, pattern: STORABLE_PATTERN })
  @IsString()
  @Length(1, 500)
  message: string;

  @ApiPropertyOptional({ description: 'Whether another attempt may mend it. Left out: `false`.' })
  @MayBeLeftOut()
  @IsBoolean()
  retryable?: boolean;
}

/** The body of `PUT /v1/tasks/{id}`. */
export class ExternalTaskBody {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: LAST_ATTEMPT,
    example: 1,
    description: 'The attempt that the claim gave: the fencing token.',
  })
  @IsInt()
  @Min(1)
  @Max(LAST_ATTEMPT)
  attempt: number;

  @ApiProperty({
    enum: STATUSES,
    description: '`IN_PROGRESS` renews the lease; `CANCELLED` confirms a cancellation that was asked for.',
  })
  @IsIn(STATUSES)
  status: ExternalStatus;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 99,
    example: 40,
    description: 'Per cent; with `IN_PROGRESS`.',
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(0)
  @Max(99)
  progress?: number;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'With `COMPLETED`.' })
  @ValidateIf(({ status, result }: ExternalTaskBody) => status === JobState.Completed || result !== undefined)
  @IsFor(JobState.Completed)
  @IsObject()
  result?: object;

  @ApiPropertyOptional({ type: ExternalErrorBody, description: 'With `FAILED`.' })
  @ValidateIf(({ status, error }: ExternalTaskBody) => status === JobState.Failed || error !== undefined)
  @IsFor(JobState.Failed)
  @IsObject()
  @ValidateNested()
  @Type(() => ExternalErrorBody)
  error?: ExternalErrorBody;
}
