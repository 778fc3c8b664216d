import { ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsEnum, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../../common/pagination';
import { parseTimestamp, TIMESTAMP_PATTERN } from '../../common/timestamp';
import { IsTimestamp, toList } from '../../common/validators';
import { JobState } from '../job';
import { IsTagFilter } from './job-labels.dto';
import { JobView } from './job.view';

const STATE_COUNT = Object.keys(JobState).length;

/** With its offset worked out: what Postgres makes of a time without one depends on the session. */
const toUtc = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? (parseTimestamp(value)?.toISOString() ?? value) : value;

/** The query of lists of one type. */
export class JobPageQuery extends PageQuery {
  @IsTagFilter()
  tag?: string;
}

export class JobListQuery extends JobPageQuery {
  @ApiPropertyOptional({
    // Of `enum` and `isArray` no `maxItems` would reach the document of a query.
    type: 'array',
    items: { $ref: getSchemaPath('JobStatus') },
    maxItems: STATE_COUNT,
  })
  @IsOptional()
  @Transform(toList)
  @ArrayMaxSize(STATE_COUNT)
  @IsEnum(JobState, { each: true })
  status?: JobState[];

  @ApiPropertyOptional({ example: 'orders.report', maxLength: 100 })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  type?: string;

  @ApiPropertyOptional({ pattern: TIMESTAMP_PATTERN, description: 'Accepted at this time or later.' })
  @IsOptional()
  @Transform(toUtc)
  @IsTimestamp()
  created_since?: string;

  @ApiPropertyOptional({ pattern: TIMESTAMP_PATTERN, description: 'Accepted before this time.' })
  @IsOptional()
  @Transform(toUtc)
  @IsTimestamp()
  created_until?: string;
}

export class JobPageView {
  @ApiProperty({ type: [JobView] })
  data: JobView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
