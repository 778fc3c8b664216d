import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsCurrency } from '../order-validators';
import { JobView } from '../../jobs/http/job.view';
import { type ImportFailure, MAX_COUNTED_ERRORS, MAX_ROW_ERRORS } from './import-failures';

export class ImportQuery {
  @ApiPropertyOptional({ default: 'USD', description: 'ISO 4217; for a file, or a row, without a currency.' })
  @IsOptional()
  @IsCurrency()
  currency?: string;
}

export class RowErrorView {
  @ApiProperty({ example: 17, description: 'As a spreadsheet numbers the rows: the header is row 1.' })
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
}

/** An import job, with the errors of a file that could not be imported. */
export class OrderImportView extends JobView {
  @ApiProperty({
    example: 1,
    description: `The errors that were found; with one or more, nothing was imported. From ${MAX_COUNTED_ERRORS} on, and after an error that leaves the rest of the file without meaning, reading stops, and there may be more: the message of \`error\` says so.`,
  })
  row_error_count: number;

  @ApiProperty({ type: [RowErrorView], maxItems: MAX_ROW_ERRORS, description: 'The first of them, by row.' })
  row_errors: RowErrorView[];
}

export const viewImport = (job: JobView, failure: ImportFailure | undefined): OrderImportView =>
  Object.assign(job, { row_error_count: failure?.errorCount ?? 0, row_errors: failure?.errors ?? [] });
