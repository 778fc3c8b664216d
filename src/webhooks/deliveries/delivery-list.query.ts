import { ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsEnum, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { toList } from '../../common/validators';
import { DeliveryState } from './delivery';

const STATE_COUNT = Object.keys(DeliveryState).length;

export class DeliveryListQuery extends PageQuery {
  @ApiPropertyOptional({
    // Of `enum` and `isArray` no `maxItems` would reach the document of a query.
    type: 'array',
    items: { $ref: getSchemaPath('DeliveryStatus') },
    maxItems: STATE_COUNT,
  })
  @IsOptional()
  @Transform(toList)
  @ArrayMaxSize(STATE_COUNT)
  @IsEnum(DeliveryState, { each: true })
  status?: DeliveryState[];

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  endpoint_id?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  event_id?: string;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  job_id?: string;
}
