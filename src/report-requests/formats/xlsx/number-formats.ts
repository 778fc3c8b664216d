/** Format codes of spreadsheets (ECMA-376, 18.8.31), in which a reader's own program puts its separators. */

const INVISIBLE = /\p{Cf}/gu;

/**
 * How amounts of a currency are shown: its sign where the locale has it, and this many digits after the point.
 *
 * @param currency three letters
 */
export function moneyFormat(locale: string, currency: string, digits: number): string {
  const numbers = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  const codeOf = (amount: number): string =>
    numbers
      .formatToParts(amount)
      .map((part) => moneyCode(part, digits))
      .join('');
  const [positive, negative] = [codeOf(1), codeOf(-1)];
  // A program puts the sign itself before what has one code for both.
  return negative === `-${positive}` ? positive : `${positive};${negative}`;
}

function moneyCode({ type, value }: Intl.NumberFormatPart, digits: number): string {
  switch (type) {
    case 'integer':
      return '#,##0';
    case 'decimal':
      return '.';
    case 'fraction':
      return '0'.repeat(digits);
    case 'minusSign':
      return '-';
    case 'currency':
      return currencySign(value.replace(INVISIBLE, ''));
    default:
      return literal(value);
  }
}

/**
 * Letters with anything else, such as "din." and "S/", are a literal: there are readers that find days and seconds in them.
 * A hyphen would begin the code of a language.
 */
const currencySign = (sign: string): string =>
  /^\w+$|^[^\w\s\-\]]+$/.test(sign) ? `[$${sign}]` : literal(sign);

const MOMENT: Intl.DateTimeFormatOptions = {
  calendar: 'gregory',
  timeZone: 'UTC',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
};
/** Whose parts a locale puts in its order. */
const SOME_MOMENT = Date.UTC(2016, 0, 31, 13, 45);

/** How moments are shown: day and minute, in the locale's order. */
export function momentFormat(locale: string): string {
  return new Intl.DateTimeFormat(locale, MOMENT).formatToParts(SOME_MOMENT).map(momentCode).join('');
}

function momentCode({ type, value }: Intl.DateTimeFormatPart): string {
  switch (type) {
    case 'year':
      return 'yyyy';
    case 'month':
      return 'mm';
    case 'day':
      return 'dd';
    case 'hour':
      return 'hh';
    // After hours, months are minutes.
    case 'minute':
      return 'mm';
    case 'dayPeriod':
      return 'AM/PM';
    case 'literal':
      return literal(value);
    default:
      return '';
  }
}

function literal(text: string): string {
  const shown = text.replace(INVISIBLE, '').replaceAll('"', '');
  return shown === '' ? '' : `"${shown}"`;
}
