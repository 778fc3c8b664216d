import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsEnum, IsOptional, IsString, Length } from 'class-validator';
import { PageQuery } from '../common/pagination';
import { IsAfter, IsCalendarDate, IsTimeZoneName, toList } from '../common/validators';
import type { OrderFilter } from './order-period';
import { OrderStatus } from './order-status';

const STATUS_COUNT = Object.keys(OrderStatus).length;
// Of `enum` and `isArray` no `maxItems` would reach the document of a query.
const STATUS = {
  type: 'array',
  items: { $ref: getSchemaPath('OrderStatus') },
  maxItems: STATUS_COUNT,
} as const;
const TIME_ZONE = { default: 'UTC', example: 'Europe/Berlin', description: 'IANA; where the days begin.' };

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
    description: "The customer's reference, or a part of the name in any case.",
  })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  customer?: string;
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
  startDate: query.start_date,
  endDate: query.end_date,
  timeZone: query.time_zone ?? DEFAULT_TIME_ZONE,
  statuses: query.status ?? null,
});
