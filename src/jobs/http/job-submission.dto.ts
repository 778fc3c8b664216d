import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsString, Length } from 'class-validator';
import { MayBeLeftOut } from '../../common/validators';
import { JobLabelsBody } from './job-labels.dto';

/** The body of `POST /v1/jobs`. */
export class JobSubmissionBody extends JobLabelsBody {
  @ApiProperty({ example: 'orders.report', minLength: 1, maxLength: 100 })
  @IsString()
  @Length(1, 100)
  type: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: "What the type's own operation takes.",
  })
  @IsObject()
  parameters: object;

  @ApiPropertyOptional({
    format: 'uri',
    pattern: '^https?://',
    maxLength: 2048,
    description: 'Gets a signed POST when the job has ended, however it ended.',
  })
  @MayBeLeftOut()
  @IsString()
  @Length(1, 2048)
  callback_url?: string;
}
