import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEnum, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { DeliveryState } from './delivery';

/** `status=A,B` and `status=A&status=B` are the same list. */
const toList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',') : value;

export class DeliveryListQuery extends PageQuery {
  @ApiPropertyOptional({ enum: DeliveryState, enumName: 'DeliveryStatus', isArray: true })
  @IsOptional()
  @Transform(toList)
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
