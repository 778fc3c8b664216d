import { ApiProperty } from '@nestjs/swagger';
import type { JobLabels } from '../job-labels';
import { METADATA_SCHEMA, TAG_SCHEMA } from './job-labels.dto';

/** What a job was given by its submission. */
export class JobLabelsView implements JobLabels {
  @ApiProperty({
    ...METADATA_SCHEMA,
    example: { customer: 'C-1042', purpose: 'year-end' },
    description: 'As it was submitted; empty where nothing was, and where it is erased.',
  })
  metadata: Record<string, string>;

  @ApiProperty({
    type: 'array',
    items: TAG_SCHEMA,
    example: ['year-end'],
    description: 'As they were submitted; empty likewise.',
  })
  tags: string[];
}
