import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEnum,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { LONGEST_CURSOR } from '../common/pagination';
import {
  IsAfter,
  IsCalendarDate,
  isLocaleTag,
  IsLocaleTag,
  IsTimeZoneName,
  MayBeLeftOut,
} from '../common/validators';
import { OrderStatus } from '../orders/order-status';
import { isPrintableLocale } from './rendering/printable-locale';
import { ReportFormat } from './report-format';

/** A period has both days; a delta may have none. */
const IsPeriodOrDelta = (): PropertyDecorator =>
  ValidateIf(
    ({ start_date, end_date, changed_since }: ReportParameters) =>
      changed_since === undefined || start_date !== undefined || end_date !== undefined,
  );

/** A spreadsheet has no tags. */
const IsForPdf = (): PropertyDecorator =>
  ValidateBy({
    name: 'isForPdf',
    validator: {
      validate: (value, args) =>
        value !== true || (args?.object as ReportParameters).format !== ReportFormat.Csv,
      defaultMessage: () => '$property is for the format pdf',
    },
  });

/** A spreadsheet is written the same way in every language. */
const IsPrintableLocale = (): PropertyDecorator =>
  ValidateBy({
    name: 'isPrintableLocale',
    validator: {
      // What is no locale has its own message.
      validate: (value, args) =>
        !isLocaleTag(value) ||
        (args?.object as ReportParameters).format === ReportFormat.Csv ||
        isPrintableLocale(value),
      defaultMessage: () => '$property must be a language whose digits and words can be printed',
    },
  });

const STATUS_COUNT = Object.keys(OrderStatus).length;
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
    maxLength: LONGEST_CURSOR,
    description:
      'A delta: `as_of` of a report, or a `cursor` of the changes. Only orders that changed after it, with a last column ' +
      '`change`: `updated`; or `removed`, with the number alone, for an order that is gone or not among those that are asked for.',
  })
  @MayBeLeftOut()
  @IsString()
  @Length(1, LONGEST_CURSOR)
  changed_since?: string;

  @ApiPropertyOptional({
    enum: OrderStatus,
    enumName: 'OrderStatus',
    isArray: true,
    minItems: 1,
    maxItems: STATUS_COUNT,
    uniqueItems: true,
    description: 'Only orders with one of these.',
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(STATUS_COUNT)
  @ArrayUnique()
  @IsEnum(OrderStatus, { each: true })
  status?: OrderStatus[];

  @ApiPropertyOptional({
    default: false,
    description: "Adds each order's lines, and in a PDF its discount, shipping, tax, adjustment and refund.",
  })
  @IsOptional()
  @IsBoolean()
  include_items?: boolean;

  @ApiPropertyOptional({
    enum: ReportFormat,
    enumName: 'ReportFormat',
    default: ReportFormat.Pdf,
    description:
      'The file. `csv` has a row for each order, or with `include_items` for each line; times are in UTC and amounts exact, ' +
      'whatever the locale.',
  })
  @IsOptional()
  @IsEnum(ReportFormat)
  format?: ReportFormat;

  @ApiPropertyOptional({
    default: false,
    description:
      'Tags the PDF for screen readers. Short reports are tagged anyway; with this, all up to 5,000 rows, and a longer one ' +
      'is refused with `too_many_rows_for_accessible`.',
  })
  @IsOptional()
  @IsBoolean()
  @IsForPdf()
  accessible?: boolean;

  @ApiPropertyOptional({
    default: 'en-US',
    example: 'de-DE',
    description: 'BCP 47; formats numbers and dates. For a PDF a language whose script can be printed.',
  })
  @IsOptional()
  @IsLocaleTag()
  @IsPrintableLocale()
  locale?: string;

  @ApiPropertyOptional({
    default: 'UTC',
    example: 'Europe/Berlin',
    description: "IANA; where the period's days begin.",
  })
  @IsOptional()
  @IsTimeZoneName()
  time_zone?: string;

  @ApiPropertyOptional({ default: 'Order report', maxLength: 200 })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  @Matches(NO_CONTROL_CHARACTERS, { message: 'title must not contain control characters' })
  title?: string;
}

/** The body of `POST /v1/orders/reports`. */
export class ReportRequest extends ReportParameters {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'uri',
    maxLength: 2048,
    example: 'https://example.com/hooks/reports',
    description: 'Gets a signed POST when the report has ended, however it ended.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 2048)
  callback_url?: string | null;
}
