import { parseTimestamp } from '../../common/timestamp';
import { ZoneClock } from '../../common/zone-clock';

/** How the days of a file are written, apart from ISO 8601. */
export type DateForm = 'YYYY-MM-DD' | 'YYYY/MM/DD' | 'DD.MM.YYYY' | 'DD/MM/YYYY' | 'MM/DD/YYYY';

const LONGEST = 50;
const YEAR_FIRST = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)/;
const YEAR_LAST = /^(\d{1,2})([./])(\d{1,2})\2(\d{4})(?!\d)/;
const TIME =
  /^(?:[T ,]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Whether the days that are written with slashes begin with the day or the month: only days after the 12th show it.
 *
 * @returns `undefined` where nothing shows it, or both are shown
 */
export function detectDateForm(cells: Iterable<string>): DateForm | undefined {
  const seen = new Set<DateForm>();
  let isUndecided = false;
  for (const cell of cells) {
    const [, , separator] = YEAR_FIRST.exec(cell) ?? [];
    if (separator !== undefined) seen.add(separator === '-' ? 'YYYY-MM-DD' : 'YYYY/MM/DD');
    const [, a, mark, b] = YEAR_LAST.exec(cell) ?? [];
    if (mark === '.') seen.add('DD.MM.YYYY');
    if (mark !== '/') continue;
    if (Number(a) > 12) seen.add('DD/MM/YYYY');
    else if (Number(b) > 12) seen.add('MM/DD/YYYY');
    else isUndecided = true;
  }
  if (seen.has('DD/MM/YYYY') && seen.has('MM/DD/YYYY')) return undefined;
  // Of several forms the one that has to be decided: the others are read in any case.
  for (const form of ['DD/MM/YYYY', 'MM/DD/YYYY'] as const) if (seen.has(form)) return form;
  return isUndecided ? undefined : seen.values().next().value;
}

/** Reads the days and times of one file. */
export class Times {
  private readonly clock: ZoneClock | undefined;

  constructor(
    private readonly form: DateForm | undefined,
    timeZone: string,
  ) {
    this.clock = timeZone === 'UTC' ? undefined : new ZoneClock(timeZone);
  }

  /** @returns ISO 8601 in UTC; `undefined` for what is no time that exists, or may be read in two ways */
  parse(text: string): string | undefined {
    if (text.length > LONGEST) return undefined;
    if (this.clock === undefined) {
      const time = parseTimestamp(text);
      if (time !== undefined) return time.toISOString();
    }
    const day = this.dayOf(text);
    if (day === undefined) return undefined;
    const match = TIME.exec(text.slice(day.length));
    if (match === null) return undefined;
    const [, hours = '0', minutes = '0', seconds = '0', fraction = '', half, offset] = match;
    const hour = half === undefined ? Number(hours) : hourOfHalf(Number(hours), half);
    if (hour === undefined) return undefined;
    const wall = isoOf(day.iso, hour, minutes, seconds, fraction);
    // What does not exist (a month, a minute) is refused there, and so are years that could not be written again.
    if (offset !== undefined) return parseTimestamp(wall + offsetOf(offset))?.toISOString();
    const asUtc = parseTimestamp(`${wall}Z`);
    if (asUtc === undefined || this.clock === undefined) return asUtc?.toISOString();
    return parseTimestamp(new Date(this.clock.toUtc(asUtc.getTime())).toISOString())?.toISOString();
  }

  private dayOf(text: string): { length: number; iso: string } | undefined {
    const yearFirst = YEAR_FIRST.exec(text);
    if (yearFirst !== null) {
      const [whole, year, , month, day] = yearFirst as unknown as [string, string, string, string, string];
      return { length: whole.length, iso: `${year}-${twoDigits(month)}-${twoDigits(day)}` };
    }
    const yearLast = YEAR_LAST.exec(text);
    if (yearLast === null) return undefined;
    const [whole, a, mark, b, year] = yearLast as unknown as [string, string, string, string, string];
    if (mark === '/' && this.form !== 'DD/MM/YYYY' && this.form !== 'MM/DD/YYYY') return undefined;
    const [day, month] = mark === '/' && this.form === 'MM/DD/YYYY' ? [b, a] : [a, b];
    return { length: whole.length, iso: `${year}-${twoDigits(month)}-${twoDigits(day)}` };
  }
}

const twoDigits = (text: string): string => text.padStart(2, '0');

const isoOf = (day: string, hour: number, minutes: string, seconds: string, fraction: string): string =>
  `${day}T${[String(hour), minutes, seconds].map(twoDigits).join(':')}.${fraction.padEnd(3, '0').slice(0, 3)}`;

function hourOfHalf(hour: number, half: string): number | undefined {
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

const offsetOf = (text: string): string =>
  /^[A-Z]/.test(text) ? 'Z' : text.includes(':') ? text : `${text.slice(0, 3)}:${text.slice(3)}`;
