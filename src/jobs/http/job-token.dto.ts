import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsEnum, IsInt, Max, Min } from 'class-validator';
import { JobPermission } from '../../clients/job-token';
import { MayBeLeftOut } from '../../common/validators';

const PERMISSION_COUNT = Object.keys(JobPermission).length;
const DEFAULT_SECONDS = 900;
const MAX_SECONDS = 3_600;

/** The body of `POST /v1/jobs/{id}/tokens`. */
export class JobTokenBody {
  @ApiPropertyOptional({
    enum: JobPermission,
    enumName: 'JobPermission',
    isArray: true,
    minItems: 1,
    maxItems: PERMISSION_COUNT,
    uniqueItems: true,
    example: [JobPermission.Read, JobPermission.Stream, JobPermission.Download],
    description:
      'What it is good for: `read` the job and its status, `stream` its events, `download` its files and get links to them, `cancel` it. Left out: all but `cancel`.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(PERMISSION_COUNT)
  @ArrayUnique()
  @IsEnum(JobPermission, { each: true })
  permissions: JobPermission[] = [JobPermission.Read, JobPermission.Stream, JobPermission.Download];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_SECONDS,
    example: DEFAULT_SECONDS,
    description: `Seconds until it ends. Left out: ${DEFAULT_SECONDS}.`,
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(1)
  @Max(MAX_SECONDS)
  expires_in: number = DEFAULT_SECONDS;
}
