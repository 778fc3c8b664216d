import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsEnum, IsInt, Matches, Max, Min } from 'class-validator';
import { MayBeLeftOut } from '../common/validators';
import { ReportFormat } from './formats/report-format';

const EPOCH = { message: 'expires must be seconds since the epoch' };

/** Which file of a report. */
export class ReportFormatQuery {
  @ApiPropertyOptional({
    enum: ReportFormat,
    enumName: 'ReportFormat',
    description: 'One of those that it was asked for in. Left out: the first of them.',
  })
  @MayBeLeftOut()
  @IsEnum(ReportFormat)
  format?: ReportFormat;
}

/** What a signed link carries. */
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;
/** In seconds: some three thousand years. */
const LATEST = 100_000_000_000;

export class ReportLinkQuery extends ReportFormatQuery {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: LATEST,
    example: 1_767_225_600,
    description: 'Seconds since the epoch.',
  })
  @Type(() => Number)
  @IsInt(EPOCH)
  @Min(0, EPOCH)
  @Max(LATEST, EPOCH)
  expires: number;

  @ApiProperty({
    pattern: SIGNATURE.source,
    example: 'q3Vn0c1Xk0mVg0a2o3n2cE5m7tLr8uWb1yZs4dFh6Jk',
    description: 'HMAC-SHA256 in base64url.',
  })
  @Matches(SIGNATURE, { message: 'signature must be 43 characters of base64url' })
  signature: string;
}
