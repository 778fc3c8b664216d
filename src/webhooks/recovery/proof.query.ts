import { ApiProperty } from '@nestjs/swagger';
import { TIMESTAMP_PATTERN } from '../../common/timestamp';
import { IsTimestamp } from '../../common/validators';

export class ProofQuery {
  @ApiProperty({
    pattern: TIMESTAMP_PATTERN,
    example: '2026-11-20T00:00:00Z',
    description: 'Of events with this `timestamp`, or a later one.',
  })
  @IsTimestamp()
  since: string;

  @ApiProperty({
    pattern: TIMESTAMP_PATTERN,
    example: '2026-11-21T00:00:00Z',
    description: 'Of events before this time, which has come.',
  })
  @IsTimestamp()
  until: string;
}
