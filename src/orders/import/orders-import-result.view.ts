import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Detected } from './file-reader';

/** How a file is written, as it was recognised. */
export class DetectedView implements Detected {
  @ApiProperty({ enum: ['delimited', 'ndjson'] })
  format: Detected['format'];

  @ApiProperty({ enum: ['utf-8', 'utf-16le', 'utf-16be'] })
  encoding: Detected['encoding'];

  @ApiProperty()
  byte_order_mark: boolean;

  @ApiProperty({ type: String, enum: ['gzip', null], nullable: true })
  compression: 'gzip' | null;

  @ApiProperty({ type: String, nullable: true, example: ';', description: '`null` in NDJSON.' })
  delimiter: string | null;

  @ApiProperty({ type: String, nullable: true, example: ',', description: '`null` in NDJSON.' })
  decimal_mark: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'DD.MM.YYYY',
    description: '`null` where nothing shows it, and in NDJSON.',
  })
  date_form: string | null;
}

/** What became of a file; with `dry_run` what would have. What imports of before did not count is not there. */
export class OrdersImportResultView {
  @ApiPropertyOptional({ type: 'integer', example: 12 })
  created?: number;

  @ApiPropertyOptional({ type: 'integer', example: 3 })
  updated?: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 985,
    description: 'With `update`: orders that were the same already.',
  })
  unchanged?: number;

  @ApiPropertyOptional({
    type: 'integer',
    example: 0,
    description: 'With `skip`: orders that were there already, identical or not.',
  })
  skipped?: number;

  @ApiProperty({ type: 'integer', example: 1000, description: 'In the file.' })
  orders: number;

  @ApiProperty({ type: 'integer', example: 2417, description: 'In the file.' })
  lines: number;

  @ApiPropertyOptional({
    type: [String],
    example: ['#1007'],
    description:
      'The numbers of orders in the file whose refund is above their total, the first 20 of them: they count as refunded whole.',
  })
  capped_refunds?: string[];

  @ApiProperty({ type: [String], example: ['Notes'], description: 'Columns of the file that are not read.' })
  ignored_columns: string[];

  @ApiPropertyOptional({ type: DetectedView })
  detected?: DetectedView;

  @ApiPropertyOptional({ description: 'Whether nothing was written.' })
  dry_run?: boolean;
}
