import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../../common/pagination';

export class EventFeedQuery extends OmitType(PageQuery, ['cursor']) {
  @ApiPropertyOptional({ format: 'uuid', description: 'The id of the last event that you have read.' })
  @IsOptional()
  // `?after=` of a reader that has read nothing yet.
  @Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value))
  @IsUUID()
  after?: string;

  @ApiPropertyOptional({
    type: Boolean,
    description:
      'The newest event alone, if there is any: where to begin for what happens from now on. Not together with `after`.',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  newest?: boolean;
}

export class FeedEventView {
  @ApiProperty({ format: 'uuid', description: 'The `webhook-id` of the callback.' })
  id: string;

  @ApiProperty({ example: 'orders.report.completed' })
  type: string;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  job_id: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'The body of the callback, byte for byte (UTF-8): JSON inside a string, so that no reader changes it. `null` once a ' +
      'person that it was about was erased.',
    example: '{"type":"orders.report.completed","timestamp":"2026-01-01T00:00:00.000Z","status":"COMPLETED"}',
  })
  body: string | null;
}

export class EventFeedView {
  @ApiProperty({ type: [FeedEventView] })
  data: FeedEventView[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Use it as `after` at once: there is more. `null`: keep the last id, and ask again later.',
  })
  next_cursor: string | null;
}
