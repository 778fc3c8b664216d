const FORMAT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

/** For the documents: the same. That the day exists in its month is a rule of the calendar. */
export const TIMESTAMP_PATTERN =
  '^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])' +
  '([Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?$';

const FIRST_YEAR = 1900;
/** What is later in UTC would not be written as four digits, and so could not be read again. */
const LAST_YEAR = 9999;

/**
 * Reads a date (`2016-11-08`, its midnight in UTC) or a time in ISO 8601 (`2016-11-08T14:30:00+01:00`; seconds are
 * optional; without an offset it is UTC).
 *
 * @returns `undefined` for another format, a day or an hour that does not exist, or a year (in UTC) before 1900 or after
 *   9999
 */
export function parseTimestamp(text: string): Date | undefined {
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    offset = 'Z',
  ] = match;
  if (!dayExists(Number(year), Number(month), Number(day))) return undefined;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  // `Date` refuses hours, minutes, seconds and offsets that do not exist, but takes 24:00.
  if (hour === '24') return undefined;
  const time = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset.toUpperCase()}`,
  );
  // With the offset, since that may lead into another year. An invalid time has none.
  const yearInUtc = time.getUTCFullYear();
  return yearInUtc >= FIRST_YEAR && yearInUtc <= LAST_YEAR ? time : undefined;
}

function dayExists(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
