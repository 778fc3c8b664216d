import { ApiProperty, OmitType } from '@nestjs/swagger';
import { JobView, StepView } from '../jobs/http/job.view';

/** A job as the asynchronous form of a call. */
export class TaskView extends OmitType(JobView, ['steps']) {
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it is expected to end, as an estimate.',
  })
  eta: string | null;

  @ApiProperty({ type: [StepView], description: 'The steps of the work, in order.' })
  workflow: StepView[];
}

export class TaskPageView {
  @ApiProperty({ type: [TaskView] })
  data: TaskView[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor: string | null;
}
