import { ValidateBy, ValidateIf } from 'class-validator';
import { isLocaleTag } from '../common/validators';
import { isSortKey, sortedColumn } from '../orders/order-arrangement';
import { ReportFormat } from './formats/report-format';
import { labelProblem } from './messages/own-labels';
import { isPrintableLocale } from './rendering/printable-locale';

/** What rules read of a request. */
interface Asked {
  start_date?: string;
  end_date?: string;
  changed_since?: string;
  format?: ReportFormat;
  formats?: ReportFormat[];
  filter?: { status?: string[] };
}

/** A rule between fields: what it says names the field that it stands on. */
const rule = (
  name: string,
  holds: (value: unknown, request: Asked) => boolean,
  message: string | ((value: unknown, request: Asked) => string),
): PropertyDecorator =>
  ValidateBy({
    name,
    validator: {
      validate: (value: unknown, args) => holds(value, args?.object as Asked),
      defaultMessage: (args) =>
        typeof message === 'string' ? message : message(args?.value, args?.object as Asked),
    },
  });

/** A period has both days; a delta may have none. */
export const IsPeriodOrDelta = (): PropertyDecorator =>
  ValidateIf(
    ({ start_date, end_date, changed_since }: Asked) =>
      changed_since === undefined || start_date !== undefined || end_date !== undefined,
  );

/** In the order in which they were asked for. What is no list of formats has its own message. */
export const formatsOf = ({ format, formats }: Pick<Asked, 'format' | 'formats'>): ReportFormat[] =>
  Array.isArray(formats) ? formats : [format ?? ReportFormat.Pdf];

/** A spreadsheet has no tags. */
export const IsForPdf = (): PropertyDecorator =>
  rule(
    'isForPdf',
    (value, request) => value !== true || formatsOf(request).includes(ReportFormat.Pdf),
    '$property is for the format pdf',
  );

export const IsForCsv = (): PropertyDecorator =>
  rule(
    'isForCsv',
    (_value, request) => formatsOf(request).includes(ReportFormat.Csv),
    '$property is for the format csv',
  );

/** Numbers and dates in a spreadsheet are the program's that shows it. What is no locale has its own message. */
export const IsPrintableLocale = (): PropertyDecorator =>
  rule(
    'isPrintableLocale',
    (value, request) =>
      !isLocaleTag(value) || !formatsOf(request).includes(ReportFormat.Pdf) || isPrintableLocale(value),
    '$property must be a language whose digits and words can be printed',
  );

/** The long form and the short one of the same. */
export const IsAlone = (long: string, given: (request: Asked) => unknown): PropertyDecorator =>
  rule(
    'isAlone',
    (_value, request) => given(request) === undefined,
    `$property and ${long} are the same: give one of them`,
  );

/** An order that is gone has its number alone. */
export const NamesWhatIsGone = (): PropertyDecorator =>
  rule(
    'namesWhatIsGone',
    (value, { changed_since }) =>
      changed_since === undefined || !Array.isArray(value) || value.includes('number'),
    '$property must include number where changed_since is given',
  );

export const IsSort = (): PropertyDecorator =>
  rule(
    'isSort',
    (value) =>
      !Array.isArray(value) ||
      (value.every((key) => typeof key === 'string' && isSortKey(key)) &&
        new Set(value.map((key: string) => sortedColumn(key).column)).size === value.length),
    '$property must name different columns, each with a - before it for descending',
  );

export const AreLabels = (): PropertyDecorator =>
  rule(
    'areLabels',
    (value) => labelProblem(value) === undefined,
    (value) => labelProblem(value) ?? '',
  );
