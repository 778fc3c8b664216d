import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEnum, IsISO8601, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../common/pagination';
import { JobState } from './job-state';
import { JobView } from './job.view';

/** `status=A,B` and `status=A&status=B` are the same list. */
const toList = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',') : value;

export class JobListQuery extends PageQuery {
  @ApiPropertyOptional({ enum: JobState, enumName: 'JobStatus', isArray: true })
  @IsOptional()
  @Transform(toList)
  @IsEnum(JobState, { each: true })
  status?: JobState[];

  @ApiPropertyOptional({ example: 'orders.report' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  type?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Accepted at this time or later.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  created_since?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Accepted before this time.' })
  @IsOptional()
  @IsISO8601({ strict: true })
  created_until?: string;
}

export class JobPageView {
  @ApiProperty({ type: [JobView] })
  data: JobView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
