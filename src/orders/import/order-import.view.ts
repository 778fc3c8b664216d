import { ApiProperty, OmitType } from '@nestjs/swagger';
import { JobView } from '../../jobs/http/job.view';
import { type ImportFailure, MAX_COUNTED_ERRORS, MAX_ROW_ERRORS } from './import-failures';
import { ORDERS_IMPORT } from './orders-import.job';
import { OrdersImportResultView } from './orders-import-result.view';

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

/** An import job, with the errors of a file that could not be imported. */
export class OrderImportView extends OmitType(JobView, ['type', 'result']) {
  @ApiProperty({ enum: [ORDERS_IMPORT.name] })
  type: string;

  @ApiProperty({ type: OrdersImportResultView, nullable: true })
  result: OrdersImportResultView | null;

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
