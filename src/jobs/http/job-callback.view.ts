import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JobLabelsView } from './job-labels.view';
import { JobErrorView, LinkView } from './job.view';
import { JobState } from '../job';

class CallbackArtifactView {
  @ApiPropertyOptional({ example: 'pdf', description: 'Of a report: the format.' })
  format?: string;

  @ApiProperty({
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    description: 'SHA-256.',
  })
  sha256: string;

  @ApiProperty({ type: 'integer', example: 48_211 })
  bytes: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 1315,
    description: 'Of a report: orders and lines in it.',
  })
  rows?: number;

  @ApiPropertyOptional({ format: 'uri', description: 'Of a report: where this file is.' })
  href?: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 12,
    description: '`null` for a file without pages.',
  })
  pages: number | null;

  @ApiProperty({ example: 'application/pdf' })
  media_type: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: '`null` for a file that is kept elsewhere.',
  })
  expires_at: string | null;
}

class CallbackDataView extends JobLabelsView {
  @ApiProperty({ format: 'uuid', description: 'The job.' })
  id: string;

  @ApiProperty({ enum: [JobState.Completed, JobState.Failed, JobState.Cancelled] })
  status: JobState;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 0,
    description:
      '0, and one more each time an operator had the job tried again after it failed: each round ends with one event.',
  })
  round: number;

  @ApiPropertyOptional({
    type: CallbackArtifactView,
    description: 'Of a completed job; the first of them where it has several.',
  })
  artifact?: CallbackArtifactView;

  @ApiPropertyOptional({ type: [CallbackArtifactView], description: 'All of them, one for each format.' })
  artifacts?: CallbackArtifactView[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What else it resulted in, up to 8,000 bytes; what is longer is fetched through the link.',
    example: {
      orders: 1315,
      totals: [
        {
          currency: 'USD',
          orders: 1315,
          gross: '609205.86',
          cancelled: '12479.22',
          refunded: '1250.40',
          net: '595476.24',
        },
      ],
    },
  })
  result?: object;

  @ApiPropertyOptional({ type: JobErrorView, description: 'Of a failed job.' })
  error?: JobErrorView;
}

/**
 * What a `callback_url` is sent when its job has ended. Headers by Standard Webhooks: `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`.
 */
export class JobCallback {
  @ApiProperty({
    example: 'orders.report.completed',
    description: 'Ends with `completed`, `failed` or `cancelled`.',
  })
  type: string;

  @ApiProperty({ format: 'date-time' })
  timestamp: string;

  @ApiProperty({ enum: [JobState.Completed, JobState.Failed, JobState.Cancelled] })
  status: JobState;

  @ApiProperty({ type: [LinkView] })
  links: LinkView[];

  @ApiProperty({ type: CallbackDataView })
  data: CallbackDataView;
}

/** For the routes that take a `callback_url`; what is true of all that we send is added where the document is made. */
export const JOB_CALLBACK = {
  name: 'jobEnded',
  callbackUrl: '{$request.body#/callback_url}',
  method: 'post',
  requestBody: { type: JobCallback },
  expectedResponse: { status: 204 },
} as const;
