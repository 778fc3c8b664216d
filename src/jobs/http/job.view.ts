import { ApiProperty } from '@nestjs/swagger';
import { JobState } from '../job';
import { JobLabelsView } from './job-labels.view';

export class StepView {
  @ApiProperty({ example: 'render' })
  name: string;

  @ApiProperty({ enum: JobState, enumName: 'StepStatus', example: JobState.InProgress })
  status: JobState;
}

export class LinkView {
  @ApiProperty({ example: 'self' })
  rel: string;

  @ApiProperty({ example: 'http://localhost:3000/v1/jobs/0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11' })
  href: string;
}

export class JobRequestView {
  @ApiProperty({ example: 'POST' })
  method: string;

  @ApiProperty({ example: '/v1/orders/reports' })
  path: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { start_date: '2016-01-01', end_date: '2017-01-01' },
    description: '`null` for a request that has none.',
  })
  body: unknown;
}

export class JobErrorView {
  @ApiProperty({
    example: 'deadline_exceeded',
    description:
      'Stable and machine-readable: a `ProblemCode`, or what a worker outside said. While a job waits for the end of an outage: `store_unavailable`, `store_full` or `database_unavailable`.',
  })
  code: string;

  @ApiProperty({ example: 'The job did not end before its deadline.' })
  message: string;

  @ApiProperty({ description: 'Whether trying again could help.' })
  retryable: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'render', description: 'The step that failed.' })
  step: string | null;

  @ApiProperty({ type: 'integer', example: 1, description: 'The attempt that failed.' })
  attempt: number;
}

/** A job as its owner sees it; the shape of the monitor, of 202 answers and of list items. */
export class JobView extends JobLabelsView {
  @ApiProperty({ format: 'uuid', example: '0192f3a5-6c4e-7d51-9a43-3f0d5f6d2c11' })
  id: string;

  @ApiProperty({ example: 'orders.report' })
  type: string;

  @ApiProperty({ enum: JobState, enumName: 'JobStatus', example: JobState.InProgress })
  status: JobState;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 100,
    example: 42,
    description: 'Per cent of the work done.',
  })
  progress: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 3,
    description: 'Estimated seconds until the job ends.',
  })
  eta_seconds: number | null;

  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'The current or last attempt; 0 before the first.',
  })
  attempt: number;

  @ApiProperty({ type: [StepView] })
  steps: StepView[];

  @ApiProperty({ type: JobRequestView })
  request: JobRequestView;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'What it resulted in; its type says what that is. `null` before.',
  })
  result: object | null;

  @ApiProperty({
    type: JobErrorView,
    nullable: true,
    description: 'Why it failed, or why the last attempt did.',
  })
  error: JobErrorView | null;

  @ApiProperty()
  cancel_requested: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the artifact is deleted.',
  })
  expires_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Since when a person that it held is erased, and with the person its result or its file.',
  })
  erased_at: string | null;

  @ApiProperty({ type: [LinkView] })
  links: LinkView[];
}
