import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEnum,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { LONGEST_CURSOR } from '../common/pagination';
import { ONE_LINE_PATTERN } from '../common/plain-text';
import {
  IsAfter,
  IsCalendarDate,
  IsLocaleTag,
  IsTimeZoneName,
  LANGUAGE_TAG,
  LONGEST_LANGUAGE_TAG,
  LONGEST_TIME_ZONE,
  MayBeLeftOut,
} from '../common/validators';
import { JobLabelsBody } from '../jobs/http/job-labels.dto';
import { type GroupBy, GROUPINGS, SORT_KEY_PATTERN } from '../orders/order-arrangement';
import { ORDER_COLUMNS, type OrderColumn } from '../orders/order-columns';
import type { OrderStatus } from '../orders/order-status';
import { CsvOptionsBody } from './csv-options.dto';
import { ReportFormat } from './formats/report-format';
import { LABELS } from './messages/own-labels';
import { type Paper, PAPERS } from './rendering/paper';
import { AreStatuses, ReportFilterBody } from './report-filter.dto';
import {
  AreLabels,
  IsAlone,
  IsForCsv,
  IsForPdf,
  IsPeriodOrDelta,
  IsPrintableLocale,
  IsSort,
  NamesWhatIsGone,
} from './report-rules';

const FORMAT_COUNT = Object.keys(ReportFormat).length;
const MOST_SORT_KEYS = 3;
const NO_CONTROL_CHARACTERS = /^[^\p{Cc}]*$/u;

/** What a report is to show. */
export class ReportParameters {
  @ApiPropertyOptional({
    format: 'date',
    example: '2016-01-01',
    description: 'First day, included. It may be left out, with `end_date`, where `changed_since` is given.',
  })
  @IsPeriodOrDelta()
  @IsCalendarDate()
  start_date?: string;

  @ApiPropertyOptional({ format: 'date', example: '2017-01-01', description: 'The first day not included.' })
  @IsPeriodOrDelta()
  @IsCalendarDate()
  @IsAfter('start_date')
  end_date?: string;

  @ApiPropertyOptional({
    minLength: 1,
    maxLength: LONGEST_CURSOR,
    description:
      'A delta: `as_of` of a report, or a `cursor` of the changes. Only orders that changed after it, with a last column ' +
      '`change`: `updated`; or `removed`, with the number alone, for an order that is gone or not among those that are asked for.',
  })
  @MayBeLeftOut()
  @IsString()
  @Length(1, LONGEST_CURSOR)
  changed_since?: string;

  @IsOptional()
  @AreStatuses('Only orders with one of these; the same as `filter.status`.')
  @IsAlone('filter.status', ({ filter }) => filter?.status)
  status?: OrderStatus[];

  @ApiPropertyOptional({ type: ReportFilterBody, description: 'Which orders of the period.' })
  @MayBeLeftOut()
  @IsObject()
  @ValidateNested()
  @Type(() => ReportFilterBody)
  filter?: ReportFilterBody;

  @ApiPropertyOptional({
    enum: ORDER_COLUMNS,
    enumName: 'OrderColumn',
    isArray: true,
    minItems: 1,
    maxItems: ORDER_COLUMNS.length,
    uniqueItems: true,
    description:
      'Chosen and ordered. Left out: `ordered_at`, `number`, `customer_name`, `status` and `total` in a PDF, and all elsewhere.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(ORDER_COLUMNS.length)
  @ArrayUnique()
  @IsIn(ORDER_COLUMNS, { each: true })
  @NamesWhatIsGone()
  columns?: OrderColumn[];

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: SORT_KEY_PATTERN },
    minItems: 1,
    maxItems: MOST_SORT_KEYS,
    uniqueItems: true,
    example: ['-total'],
    description:
      'Columns, with a `-` before for descending. Left out: by time and number, which decide too where these are equal.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_SORT_KEYS)
  @IsSort()
  sort?: string[];

  @ApiPropertyOptional({
    enum: GROUPINGS,
    enumName: 'GroupBy',
    description:
      'PDF and XLSX show a heading and subtotals for each group, CSV and NDJSON the orders in the order of the groups. Customers ' +
      'are one by their reference, without one by their name; days and months are those of `time_zone`.',
  })
  @MayBeLeftOut()
  @IsIn(GROUPINGS)
  group_by?: GroupBy;

  @ApiPropertyOptional({
    description:
      "Adds each order's lines, and in a PDF its discount, shipping, tax, adjustment and refund. Left out: `false`.",
  })
  @IsOptional()
  @IsBoolean()
  include_items?: boolean;

  @ApiPropertyOptional({
    enum: ReportFormat,
    enumName: 'ReportFormat',
    isArray: true,
    minItems: 1,
    maxItems: FORMAT_COUNT,
    uniqueItems: true,
    description:
      'The files, all of one snapshot. `csv` and `ndjson` have a row for each order, `csv` with `include_items` for each line; ' +
      'their amounts are exact, whatever the locale. Left out: `pdf`.',
  })
  @MayBeLeftOut()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(FORMAT_COUNT)
  @ArrayUnique()
  @IsEnum(ReportFormat, { each: true })
  formats?: ReportFormat[];

  @ApiPropertyOptional({
    enum: ReportFormat,
    enumName: 'ReportFormat',
    description: 'One of them alone, in place of `formats`.',
  })
  @IsOptional()
  @IsEnum(ReportFormat)
  @IsAlone('formats', ({ formats }) => formats)
  format?: ReportFormat;

  @ApiPropertyOptional({
    description:
      'Tags the PDF for screen readers. Short reports are tagged anyway; with this, all up to 5,000 rows, and a longer one ' +
      'is refused with `too_many_rows_for_accessible`.',
  })
  @IsOptional()
  @IsBoolean()
  @IsForPdf()
  accessible?: boolean;

  @ApiPropertyOptional({
    example: 'de-DE',
    pattern: LANGUAGE_TAG.source,
    maxLength: LONGEST_LANGUAGE_TAG,
    description:
      'BCP 47; the language of labels, digits and dates. For a PDF a language whose script can be printed. ' +
      'Left out: `en-US`.',
  })
  @IsOptional()
  @IsLocaleTag()
  @IsPrintableLocale()
  locale?: string;

  @ApiPropertyOptional({
    example: 'Europe/Berlin',
    pattern: '^[A-Za-z]',
    maxLength: LONGEST_TIME_ZONE,
    description: "IANA; where the period's days begin. Left out: `UTC`.",
  })
  @IsOptional()
  @IsTimeZoneName()
  time_zone?: string;

  @ApiPropertyOptional({
    enum: PAPERS,
    description: 'Of the PDF. Left out: `Letter` where the region of the locale prints on it, else `A4`.',
  })
  @MayBeLeftOut()
  @IsIn(PAPERS)
  paper?: Paper;

  @ApiPropertyOptional({
    type: 'object',
    properties: LABELS,
    additionalProperties: false,
    example: { customer_name: 'Client' },
    description:
      'Texts of your own in PDF, XLSX and headings of CSV: message keys (docs/languages.md) to text.',
  })
  @MayBeLeftOut()
  @AreLabels()
  labels?: Record<string, string>;

  @ApiPropertyOptional({ type: CsvOptionsBody, description: 'How the CSV is written.' })
  @MayBeLeftOut()
  @IsObject()
  @ValidateNested()
  @Type(() => CsvOptionsBody)
  @IsForCsv()
  csv?: CsvOptionsBody;

  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 200,
    pattern: ONE_LINE_PATTERN,
    description: 'Left out: "Order report", in the language of `locale`.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  @Matches(NO_CONTROL_CHARACTERS, { message: 'title must not contain control characters' })
  title?: string;
}

/** The body of `POST /v1/orders/reports`. */
export class ReportRequest extends IntersectionType(ReportParameters, JobLabelsBody) {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'uri',
    pattern: '^https?://',
    maxLength: 2048,
    description: 'Gets a signed POST when the report has ended, however it ended.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 2048)
  callback_url?: string | null;
}
