import { ApiProperty } from '@nestjs/swagger';

/** What became of the deliveries of a window, as the result of a job that resends. */
export class ResendResultView {
  @ApiProperty({ type: 'integer', example: 1_200, description: 'Events that happened in the window.' })
  events: number;

  @ApiProperty({ type: 'integer', example: 310, description: 'Deliveries that were made due.' })
  resent: number;

  @ApiProperty({
    type: 'integer',
    example: 308,
    description: 'Of these, what was delivered while the job ran.',
  })
  delivered: number;

  @ApiProperty({
    type: 'integer',
    example: 2,
    description: 'Whose attempt failed: they are tried again on their schedule.',
  })
  failed: number;

  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'For a receiver that rests, since it only fails, or that gets nothing any more.',
  })
  waiting: number;
}
