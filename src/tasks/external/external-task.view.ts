import { ApiProperty } from '@nestjs/swagger';
import { TaskView } from '../task.view';

/** A task in the hands of an external worker. */
export class ClaimedTaskView extends TaskView {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What was asked for.' })
  parameters: object;

  @ApiProperty({
    type: 'integer',
    description: 'Say something before these seconds are over, or the task is given to another.',
  })
  lease_seconds: number;
}
