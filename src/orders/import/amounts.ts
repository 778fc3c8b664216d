export type DecimalMark = '.' | ',';

/** Longer ones are no amounts, and are not looked into. */
const LONGEST = 60;
const WHOLE_DIGITS = 15;
const MOST_DECIMALS = 10;
/** What nearly all cells are. */
const PLAIN = /^\d{1,15}(?:\.\d{1,10})?$/;
/** Signs that stand for one currency, with a country before them or not, and codes: `$`, `US$`, `€`, `EUR`. */
const CURRENCY = '(?:\\p{Lu}{0,3}\\p{Sc}|[A-Z]{3})?';
const SPACES = '[ \\u00a0\\u202f]?';
const AMOUNT = new RegExp(
  `^([+\\-\\u2212]?)${CURRENCY}${SPACES}([+\\-\\u2212]?)(\\d[\\d.,'’ \\u00a0\\u202f]*)${SPACES}${CURRENCY}([\\-\\u2212]?)$`,
  'u',
);
const DIGITS: Record<DecimalMark, RegExp> = {
  '.': /^(\d+|\d{1,3}([,'’ \u00a0\u202f])\d{3}(?:\2\d{3})*)(?:\.(\d+))?$/,
  ',': /^(\d+|\d{1,3}([.'’ \u00a0\u202f])\d{3}(?:\2\d{3})*)(?:,(\d+))?$/,
};

/**
 * A number as people and spreadsheets write it: with thousands between commas, points, spaces or apostrophes.
 *
 * @param decimals how many digits it may have after the mark; zeros at the end do not count
 * @returns the exact decimal, `-1115.98`; `undefined` for what is none, or has more than 15 digits before the mark
 */
export function parseNumber(text: string, mark: DecimalMark, decimals = MOST_DECIMALS): string | undefined {
  if (text.length > LONGEST) return undefined;
  const sign = /^[+\-\u2212]/.exec(text)?.[0] ?? '';
  return digitsOf(text.slice(sign.length), mark, decimals, sign !== '' && sign !== '+');
}

/** As `parseNumber`, also with a currency's sign or code, and negative in parentheses: `$1,115.98`, `1.115,98 €`, `(5.00)`. */
export function parseAmount(text: string, mark: DecimalMark, decimals = MOST_DECIMALS): string | undefined {
  if (mark === '.' && PLAIN.test(text) && decimalsOf(text) <= decimals) return text;
  if (text.length > LONGEST) return undefined;
  const inParentheses = /^\((.*)\)$/.exec(text)?.[1];
  const match = AMOUNT.exec((inParentheses ?? text).trim());
  if (match === null) return undefined;
  const signs = [match[1], match[2], match[4]].filter((sign) => sign !== '');
  if (signs.length + (inParentheses === undefined ? 0 : 1) > 1) return undefined;
  const isNegative = inParentheses !== undefined || (signs.length > 0 && signs[0] !== '+');
  return digitsOf((match[3] ?? '').trimEnd(), mark, decimals, isNegative);
}

/** The currencies that write a sign. One that is not here says nothing. */
const SIGNS = new Map([
  [
    '$',
    'USD ARS AUD BBD BMD BND BRL BSD BZD CAD CLF CLP COP CUP CVE DOP FJD GYD HKD JMD KYD LRD MOP MXN NAD NIO NZD SBD SGD SRD SVC TOP TTD TWD UYU WST XCD ZWG',
  ],
  ['£', 'GBP EGP FKP GIP LBP SDG SHP SSP SYP'],
  ['¥', 'JPY CNY'],
  ['￥', 'JPY CNY'],
  ['€', 'EUR'],
  ['₩', 'KRW KPW'],
  ['₹', 'INR'],
  ['₪', 'ILS'],
  ['₫', 'VND'],
  ['₴', 'UAH'],
  ['₺', 'TRY'],
  ['₽', 'RUB'],
]);

/** The code or the sign of a currency that an amount names, if it names one that is known. */
export function currencyIn(amount: string): string | undefined {
  const named = /\p{Sc}|[A-Z]{3}/u.exec(amount)?.[0];
  return named === undefined || named.length === 3 || SIGNS.has(named) ? named : undefined;
}

/** @param named as `currencyIn` gives it */
export const isSignOf = (named: string, currency: string): boolean =>
  (SIGNS.get(named) ?? named).split(' ').includes(currency);

/** Of a plain decimal. */
const decimalsOf = (text: string): number => {
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
};

function digitsOf(
  text: string,
  mark: DecimalMark,
  decimals: number,
  isNegative: boolean,
): string | undefined {
  const match = DIGITS[mark].exec(text);
  if (match === null) return undefined;
  const whole = (match[1] ?? '').replace(/\D/g, '');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (whole.length > WHOLE_DIGITS || fraction.length > decimals) return undefined;
  const isZero = /^0*$/.test(whole) && fraction === '';
  return `${isNegative && !isZero ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Three digits after the only mark may be thousands: it says nothing, unless there are no thousands it could be of. */
const SAYS_POINT = /^\D*(?:0|\d{4,})?\d*\.\d+\D*$|^\D*\d{1,3}(?:[,'’ ]\d{3})+\.\d+\D*$/;
const SAYS_COMMA = /^\D*(?:0|\d{4,})?\d*,\d+\D*$|^\D*\d{1,3}(?:[.'’ ]\d{3})+,\d+\D*$/;
const SAYS_NOTHING = /^\D*[1-9]\d{0,2}[.,]\d{3}\D*$/;

/** Whether an amount is another one with the other mark, and a number with both: `1,234`. */
export const saysNothing = (text: string): boolean => text.length <= LONGEST && SAYS_NOTHING.test(text);

/**
 * What separates the decimals in a file, as its amounts show it; where they do not, a file whose cells are separated by
 * semicolons comes from where it is the comma.
 *
 * @param mayHaveThousands if not, any mark is that of the decimals
 */
export function detectDecimalMark(
  cells: Iterable<string>,
  delimiter: string,
  mayHaveThousands = true,
): { decimalMark: DecimalMark; isShown: boolean } {
  let comma = 0;
  let point = 0;
  for (const cell of cells) {
    if (cell.length > LONGEST || (mayHaveThousands && SAYS_NOTHING.test(cell))) continue;
    if (SAYS_POINT.test(cell)) point += 1;
    else if (SAYS_COMMA.test(cell)) comma += 1;
  }
  if (point > 0) return { decimalMark: '.', isShown: true };
  if (comma > 0) return { decimalMark: ',', isShown: true };
  return { decimalMark: delimiter === ';' ? ',' : '.', isShown: false };
}
