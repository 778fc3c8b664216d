import { ApiProperty } from '@nestjs/swagger';
import { type Job, type JobFailure, JobState } from '../job';
import { JobLabelsView } from './job-labels.view';
import type { JobEvent } from './job-watch.service';
import { errorView, type JobPresenter } from './job.presenter';

/** The data of a streamed event. */
export class JobEventView extends JobLabelsView {
  @ApiProperty({ format: 'uuid', description: 'The same on every channel.' })
  id: string;

  @ApiProperty({ example: 'orders.report.completed' })
  type: string;

  @ApiProperty({ format: 'uuid' })
  job_id: string;

  @ApiProperty({ type: 'integer' })
  attempt: number;

  @ApiProperty({ format: 'date-time' })
  occurred_at: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      'What the event is about: the outcome for a terminal one, step and progress for `progressed`. `erased` is `true` once ' +
      'result and error are gone, with a person that they were about.',
  })
  data: object;
}

/** The data of what is streamed between events. */
export class JobProgressView {
  @ApiProperty({ enum: [JobState.InProgress] })
  status: JobState.InProgress;

  @ApiProperty({ type: 'integer', example: 1 })
  attempt: number;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100, example: 42, description: 'Per cent.' })
  progress: number;

  @ApiProperty({ type: String, nullable: true, example: 'render', description: 'The step under way.' })
  step: string | null;
}

export const viewEvent = (job: Job, event: JobEvent, presenter: JobPresenter): JobEventView => ({
  id: event.id,
  type: event.type,
  job_id: job.id,
  attempt: event.attempt,
  occurred_at: event.occurred_at,
  metadata: job.metadata,
  tags: job.tags,
  data: viewData(job.id, event, presenter),
});

/** As the monitor shows the same. */
function viewData(jobId: string, { type, data }: JobEvent, presenter: JobPresenter): object {
  const { error, expires_at, result } = data;
  const jobType = type.slice(0, type.lastIndexOf('.'));
  return {
    ...data,
    ...(typeof result === 'object' &&
      result !== null && { result: presenter.result(jobType, jobId, result) }),
    ...(error !== undefined && { error: errorView(error as JobFailure) }),
    ...(typeof expires_at === 'string' && { expires_at: new Date(expires_at).toISOString() }),
  };
}
