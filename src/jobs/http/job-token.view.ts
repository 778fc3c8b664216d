import { ApiProperty } from '@nestjs/swagger';

/** A token for one job. */
export class JobTokenView {
  @ApiProperty({
    example: `ort_${'A'.repeat(92)}`,
    description: 'Opens the job as `Authorization: Bearer` or as `?token=`: treat it as a secret.',
  })
  token: string;

  @ApiProperty({
    format: 'date-time',
    description: 'When it ends at the latest; sooner with its job, or with the key that made it.',
  })
  expires_at: string;
}
