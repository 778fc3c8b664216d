import { ApiProperty } from '@nestjs/swagger';
import type { OrderChangeEntry } from './order-changes.service';

export class OrderChangeView {
  @ApiProperty({ enum: ['created', 'updated', 'deleted'], example: 'updated' })
  change: OrderChangeEntry['change'];

  @ApiProperty({ format: 'uuid' })
  order_id: string;

  @ApiProperty({ example: 'CA-2016-152156' })
  number: string;

  @ApiProperty({ type: 'integer', example: 2, description: 'Of the order, after the change.' })
  version: number;

  @ApiProperty({ format: 'date-time' })
  changed_at: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The API key that did it.' })
  key_id: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The job that did it: an import, a task.',
  })
  job_id: string | null;

  @ApiProperty({ description: 'Opaque: use it as `after`, to read what came after this change.' })
  cursor: string;
}

export class OrderChangesView {
  @ApiProperty({ type: [OrderChangeView] })
  data: OrderChangeView[];

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Use it as `after` at once: there is more. `null`: keep the last cursor, and ask again later.',
  })
  next_cursor: string | null;
}

export const viewOrderChange = ({ changed_at, ...entry }: OrderChangeEntry): OrderChangeView => ({
  change: entry.change,
  order_id: entry.order_id,
  number: entry.number,
  version: entry.version,
  changed_at: changed_at.toISOString(),
  key_id: entry.key_id,
  job_id: entry.job_id,
  cursor: entry.cursor,
});
