import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { MayBeLeftOut } from '../../common/validators';

const DAY_SECONDS = 86_400;

/** The body of the routes that rotate a signing secret; it may be left out. */
export class SecretRotationBody {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: DAY_SECONDS,
    description: `Seconds for which the secrets before it still sign as well. 0 ends them at once: for one that has leaked. Left out: ${DAY_SECONDS}, a day.`,
  })
  @MayBeLeftOut()
  @IsInt()
  @Min(0)
  @Max(DAY_SECONDS)
  overlap_seconds: number = DAY_SECONDS;
}
