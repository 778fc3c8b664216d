import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, ValidateBy } from 'class-validator';
import { MayBeLeftOut } from '../common/validators';
import type { CsvOptions } from './formats/report-parameters';

const DELIMITERS: CsvOptions['delimiter'][] = [',', ';', '\t', '|'];
const SEPARATORS: CsvOptions['decimalSeparator'][] = ['.', ','];
const TIMES: CsvOptions['times'][] = ['utc', 'local'];
const HEADINGS: CsvOptions['headings'][] = ['names', 'labels'];

/** An amount would come apart. */
const DiffersFromDelimiter = (): PropertyDecorator =>
  ValidateBy({
    name: 'differsFromDelimiter',
    validator: {
      validate: (value, args) => value !== ((args?.object as CsvOptionsBody).delimiter ?? ','),
      defaultMessage: () => '$property must not be the delimiter, which is a comma unless another is given',
    },
  });

/** How a report's CSV is written. */
export class CsvOptionsBody {
  @ApiPropertyOptional({ enum: DELIMITERS, description: 'Between two cells. Left out: a comma.' })
  @MayBeLeftOut()
  @IsIn(DELIMITERS, { message: 'delimiter must be a comma, a semicolon, a tab or a vertical bar' })
  delimiter?: CsvOptions['delimiter'];

  @ApiPropertyOptional({ enum: SEPARATORS, description: 'In amounts; not the delimiter. Left out: a point.' })
  @MayBeLeftOut()
  @DiffersFromDelimiter()
  @IsIn(SEPARATORS)
  decimal_separator?: CsvOptions['decimalSeparator'];

  @ApiPropertyOptional({
    enum: TIMES,
    description:
      '`utc`: ISO 8601; `local`: in `time_zone`, as `2016-11-08 14:30:00`, which spreadsheets take for a time. Left out: `utc`.',
  })
  @MayBeLeftOut()
  @IsIn(TIMES)
  times?: CsvOptions['times'];

  @ApiPropertyOptional({
    enum: HEADINGS,
    description:
      '`names`: of the columns, in every language; `labels`: in the language of `locale`. Left out: `names`.',
  })
  @MayBeLeftOut()
  @IsIn(HEADINGS)
  headings?: CsvOptions['headings'];
}

export const toCsvOptions = (body: CsvOptionsBody = {}): CsvOptions => ({
  delimiter: body.delimiter ?? ',',
  decimalSeparator: body.decimal_separator ?? '.',
  times: body.times ?? 'utc',
  headings: body.headings ?? 'names',
});
