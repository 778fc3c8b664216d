import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JobView } from '../../jobs/http/job.view';
import type { Detected } from './file-reader';
import { type ImportFailure, MAX_COUNTED_ERRORS, MAX_ROW_ERRORS } from './import-failures';
import type { OrdersImportResult } from './orders-import.job';

export class RowErrorView {
  @ApiProperty({
    type: 'integer',
    example: 17,
    description: 'As a spreadsheet numbers the rows: the header is row 1. In NDJSON the line.',
  })
  row: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'ordered_at',
    description: '`null`: the row as a whole.',
  })
  field: string | null;

  @ApiProperty({ example: 'ordered_at must be an existing date such as 2016-11-08' })
  message: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '2016-02-30',
    description:
      'What was read, cut to 100 characters; `null` where nothing was, or the row as a whole is meant.',
  })
  value: string | null;
}

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
export class OrderImportResultView implements Partial<OrdersImportResult> {
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

/** An import job, with the errors of a file that could not be imported. */
export class OrderImportView extends JobView {
  @ApiProperty({ type: OrderImportResultView, nullable: true })
  declare result: OrderImportResultView | null;

  @ApiProperty({
    type: 'integer',
    example: 1,
    description: `The errors that were found; with one or more, nothing was imported. From ${MAX_COUNTED_ERRORS} on, and after an error that leaves the rest of the file without meaning, reading stops, and there may be more: the message of \`error\` says so.`,
  })
  row_error_count: number;

  @ApiProperty({ type: [RowErrorView], maxItems: MAX_ROW_ERRORS, description: 'The first of them, by row.' })
  row_errors: RowErrorView[];
}

export const viewImport = (job: JobView, failure: ImportFailure | undefined): OrderImportView =>
  Object.assign(job as JobView & Pick<OrderImportView, 'result'>, {
    row_error_count: failure?.errorCount ?? 0,
    row_errors: failure?.errors ?? [],
  });
