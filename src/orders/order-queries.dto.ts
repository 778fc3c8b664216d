import { ApiProperty, ApiPropertyOptional, getSchemaPath, OmitType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsEnum,
  IsOptional,
  IsString,
  Length,
  MaxLength,
} from 'class-validator';
import { LONGEST_CURSOR, PageQuery } from '../common/pagination';
import { STORABLE_PATTERN } from '../common/plain-text';
import { TIMESTAMP_PATTERN } from '../common/timestamp';
import {
  IsAfter,
  IsCalendarDate,
  IsTimestamp,
  IsTimeZoneName,
  LONGEST_TIME_ZONE,
  toList,
} from '../common/validators';
import { ANY_ORDER, type OrderFilter } from './order-filter';
import { OrderStatus } from './order-status';

const STATUS_COUNT = Object.keys(OrderStatus).length;
// Of `enum` and `isArray` no `maxItems` would reach the document of a query.
const STATUS = {
  type: 'array',
  items: { $ref: getSchemaPath('OrderStatus') },
  minItems: 1,
  maxItems: STATUS_COUNT,
} as const;
const TIME_ZONE = {
  example: 'Europe/Berlin',
  pattern: '^[A-Za-z]',
  maxLength: LONGEST_TIME_ZONE,
  description: 'IANA; where the days begin. Left out: `UTC`.',
};

export class OrderListQuery extends PageQuery {
  @ApiPropertyOptional(STATUS)
  @IsOptional()
  @Transform(toList)
  @ArrayNotEmpty()
  @ArrayMaxSize(STATUS_COUNT)
  @IsEnum(OrderStatus, { each: true })
  status?: OrderStatus[];

  @ApiPropertyOptional({ format: 'date', example: '2016-01-01', description: 'First day, included.' })
  @IsOptional()
  @IsCalendarDate()
  start_date?: string;

  @ApiPropertyOptional({ format: 'date', example: '2017-01-01', description: 'The first day not included.' })
  @IsOptional()
  @IsCalendarDate()
  @IsAfter('start_date')
  end_date?: string;

  @ApiPropertyOptional(TIME_ZONE)
  @IsOptional()
  @IsTimeZoneName()
  time_zone?: string;

  @ApiPropertyOptional({
    example: 'gute',
    minLength: 1,
    maxLength: 200,
    pattern: STORABLE_PATTERN,
    description: "The customer's reference, or a part of the name in any case.",
  })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  customer?: string;

  @ApiPropertyOptional({
    pattern: TIMESTAMP_PATTERN,
    example: '2026-11-08T14:30:00Z',
    description: 'Only orders that changed then or later.',
  })
  @IsOptional()
  @IsTimestamp()
  updated_since?: string;
}

export class OrderChangesQuery extends OmitType(PageQuery, ['cursor']) {
  @ApiPropertyOptional({
    maxLength: LONGEST_CURSOR,
    description:
      '`cursor` of the last change that you have read, or `as_of` of a report. Left out: from the oldest on.',
  })
  @IsOptional()
  // `?after=` of a reader that has read nothing yet.
  @Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value))
  @IsString()
  @MaxLength(LONGEST_CURSOR)
  after?: string;
}

export class OrderSummaryQuery {
  @ApiProperty({ format: 'date', example: '2016-01-01', description: 'First day, included.' })
  @IsCalendarDate()
  start_date: string;

  @ApiProperty({ format: 'date', example: '2017-01-01', description: 'The first day not included.' })
  @IsCalendarDate()
  @IsAfter('start_date')
  end_date: string;

  @ApiPropertyOptional(TIME_ZONE)
  @IsOptional()
  @IsTimeZoneName()
  time_zone?: string;

  @ApiPropertyOptional(STATUS)
  @IsOptional()
  @Transform(toList)
  @ArrayNotEmpty()
  @ArrayMaxSize(STATUS_COUNT)
  @IsEnum(OrderStatus, { each: true })
  status?: OrderStatus[];
}

export const DEFAULT_TIME_ZONE = 'UTC';

export const toFilter = (query: OrderSummaryQuery): OrderFilter => ({
  ...ANY_ORDER,
  startDate: query.start_date,
  endDate: query.end_date,
  timeZone: query.time_zone ?? DEFAULT_TIME_ZONE,
  statuses: query.status ?? null,
});
