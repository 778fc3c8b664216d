import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { CurrencyTotalView } from '../orders/order-summary.view';
import { MEDIA_TYPES, ReportFormat, type ReportMediaType } from './formats/report-format';

class ReportArtifactView {
  @ApiPropertyOptional({ enum: ReportFormat, enumName: 'ReportFormat' })
  format?: ReportFormat;

  @ApiProperty({ enum: Object.values(MEDIA_TYPES) })
  media_type: ReportMediaType;

  @ApiProperty({ type: 'integer', example: 48_211 })
  bytes: number;

  @ApiProperty({
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    description: 'SHA-256.',
  })
  sha256: string;

  @ApiPropertyOptional({
    type: 'integer',
    example: 1315,
    description:
      'Of data in this file: of orders; with `include_items` in a PDF and an XLSX also of lines, and in a CSV of these alone.',
  })
  rows?: number;

  @ApiPropertyOptional({ type: 'integer', nullable: true, example: 12, description: 'Of a PDF.' })
  pages?: number | null;

  @ApiPropertyOptional({ format: 'uri-reference', description: 'Where this file is.' })
  href?: string;
}

/** The `result` of a finished report's job, in job views; callbacks have its `artifact` apart. */
export class OrdersReportResultView {
  @ApiProperty({ type: ReportArtifactView, description: 'The first of the files.' })
  artifact: ReportArtifactView;

  @ApiPropertyOptional({
    type: [ReportArtifactView],
    description:
      'One for each format, in the order in which they were asked for; not in reports of before there were several.',
  })
  artifacts?: ReportArtifactView[];

  @ApiProperty({ type: 'integer', example: 1315, description: 'In a delta those that are there.' })
  orders: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 0,
    description: 'In a delta those that are gone, or not among what was asked for; elsewhere 0.',
  })
  removed?: number;

  @ApiPropertyOptional({
    description:
      'The cursor of the snapshot, for `changed_since` of the next report, and for `after` of `GET /v1/orders/changes`.',
  })
  as_of?: string;

  @ApiPropertyOptional({
    type: [CurrencyTotalView],
    description:
      'By currency, with the digits that are in the file. Not in reports made before there were any.',
  })
  totals?: CurrencyTotalView[];
}
