import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { buildMessage, IsBoolean, IsEnum, IsOptional, IsUppercase, ValidateBy } from 'class-validator';
import { isWritable } from '../../common/http/unreadable-fields';
import { CURRENCY_PATTERN } from '../../common/currency';
import { IsTimeZoneName, LONGEST_TIME_ZONE, MayBeLeftOut } from '../../common/validators';
import { JobLabelsQuery, toJson } from '../../jobs/http/job-labels.dto';
import { IsCurrency } from '../order-validators';
import { OrderStatus } from '../order-status';
import { columnNamed } from './file-header';
import { headingKey } from './file-form';
import { ColumnMap, ImportSettings, OnConflict, PLAIN, Preset } from './import-settings';

const MOST_MAPPED = 100;

const toBoolean = ({ value }: { value: unknown }): unknown =>
  value === 'true' ? true : value === 'false' ? false : value;

/** @returns what is wrong with it */
function faultOfMap(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'must be a JSON object of their columns to ours';
  const entries = Object.entries(value);
  if (!entries.every(([from]) => isWritable(from))) return 'must name columns by text that can be stored';
  if (entries.length > MOST_MAPPED) return `must have at most ${MOST_MAPPED} columns`;
  const [, wrong] =
    entries.find(([, to]) => to !== null && !(typeof to === 'string' && columnNamed(to))) ?? [];
  if (wrong !== undefined) return `names ${JSON.stringify(wrong)}, which is no column of the import`;
  const named = entries.flatMap(([, to]) => (typeof to === 'string' ? [columnNamed(to)] : []));
  if (new Set(named).size < named.length) return 'must not make one column of two';
  if (new Set(entries.map(([from]) => headingKey(from))).size < entries.length)
    return 'must not name a column of the file twice';
  return undefined;
}

const IsColumnMap = (): PropertyDecorator =>
  ValidateBy({
    name: 'isColumnMap',
    validator: {
      validate: (value: unknown) => faultOfMap(value) === undefined,
      defaultMessage: buildMessage((prefix, args) => `${prefix}$property ${faultOfMap(args?.value) ?? ''}`),
    },
  });

export class ImportQuery extends JobLabelsQuery {
  @ApiPropertyOptional({
    enum: OnConflict,
    enumName: 'OnConflict',
    description: `What becomes of an order that you have already: \`error\` (without the field) imports nothing, \`skip\` leaves it as it is, \`update\` sets what the file has columns for and replaces the lines.`,
  })
  @IsOptional()
  @IsEnum(OnConflict)
  on_conflict?: OnConflict;

  @ApiPropertyOptional({
    enum: Preset,
    enumName: 'ImportPreset',
    description: 'Whose export the file is, untouched; only of delimited files.',
  })
  @IsOptional()
  @IsEnum(Preset)
  preset?: Preset;

  @ApiPropertyOptional({ type: Boolean, description: 'Whether to say what would happen and write nothing.' })
  @IsOptional()
  @Transform(toBoolean)
  @IsBoolean()
  dry_run?: boolean;

  @ApiPropertyOptional({
    type: String,
    example: '{"Bestellnummer":"order_number","Notiz":null}',
    description:
      'A JSON object: by a heading of the file, the column of ours that it is, or `null` for one that is not to be read; only of delimited files.',
  })
  @MayBeLeftOut()
  @Transform(toJson)
  @IsColumnMap()
  column_map?: ColumnMap;

  @ApiPropertyOptional({
    example: 'USD',
    pattern: CURRENCY_PATTERN,
    description: 'ISO 4217; for a file, or a row, without a currency. `USD` without the field.',
  })
  @IsOptional()
  @IsUppercase()
  @IsCurrency()
  currency?: string;

  @ApiPropertyOptional({
    example: 'Europe/Berlin',
    pattern: '^[A-Za-z]',
    maxLength: LONGEST_TIME_ZONE,
    description: 'IANA; of times that have no offset, and of days. `UTC` without the field.',
  })
  @IsOptional()
  @IsTimeZoneName()
  time_zone?: string;

  @ApiPropertyOptional({
    enum: OrderStatus,
    enumName: 'OrderStatus',
    description: 'For a file, or a row, without a status. `pending` without the field.',
  })
  @IsOptional()
  @IsEnum(OrderStatus)
  status?: OrderStatus;
}

export const toSettings = (
  query: ImportQuery,
  file: Pick<ImportSettings, 'format' | 'gzipped' | 'charset'>,
): ImportSettings => ({
  ...file,
  onConflict: query.on_conflict ?? PLAIN.onConflict,
  preset: query.preset ?? PLAIN.preset,
  dryRun: query.dry_run ?? PLAIN.dryRun,
  columnMap: query.column_map ?? PLAIN.columnMap,
  currency: query.currency ?? PLAIN.currency,
  timeZone: query.time_zone ?? PLAIN.timeZone,
  status: query.status ?? PLAIN.status,
});
