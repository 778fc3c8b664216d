import { ApiProperty } from '@nestjs/swagger';
import { JobState } from '../jobs/job';
import { JobLabelsView } from '../jobs/http/job-labels.view';

export class ReportListItem extends JobLabelsView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: JobState, enumName: 'JobStatus' })
  status: JobState;

  @ApiProperty({ format: 'uri-reference', description: 'Where to poll.' })
  href: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

export class ReportPageView {
  @ApiProperty({ type: [ReportListItem] })
  data: ReportListItem[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
