const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Of a decimal that is read: an amount of any currency, a quantity, a price. */
const WHOLE_DIGITS = 15;

/** For the documents: what `parseDecimal` reads with this scale. */
export const decimalPattern = (scale: number, sign: 'signed' | 'unsigned' = 'signed'): string =>
  `^${sign === 'signed' ? '[+-]?' : ''}[0-9]{1,${WHOLE_DIGITS}}(\\.[0-9]{1,${scale}})?$`;

/** For the documents: decimals that are 0. */
export const ZERO_PATTERN = '^[+-]?0+(\\.0+)?$';

interface Digits {
  sign: string;
  whole: string;
  fraction: string;
}

/**
 * An exact decimal as a whole number of its last digit: with a scale of 2, "12.3" is 1230.
 *
 * @param scale how many digits after the point it may have
 * @returns `undefined` for what is not a plain decimal of at most 15 digits before the point and `scale` after it: an
 *   exponent, a thousands separator, a currency sign
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const digits = read(text);
  if (digits === undefined || digits.whole.length > WHOLE_DIGITS || digits.fraction.length > scale)
    return undefined;
  return units(digits, scale);
}

/** With all digits of its scale: 1230 with a scale of 2 is "12.30". */
export function formatDecimal(amount: bigint, scale: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${amount < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

/** The same amount in another scale, rounded half away from zero, as Postgres rounds. */
export const rescale = (amount: bigint, from: number, to: number): bigint =>
  to >= from ? amount * 10n ** BigInt(to - from) : divideRounded(amount, 10n ** BigInt(from - to));

/** Rounded half away from zero, as Postgres rounds. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const quotient = (2n * top + bottom) / (2n * bottom);
  return negative ? -quotient : quotient;
}

/** Whether it has no more than 15 digits before the point, so that it would be read again. */
export const isStorable = (amount: bigint, scale: number): boolean => {
  const limit = 10n ** BigInt(WHOLE_DIGITS + scale);
  return amount < limit && amount > -limit;
};

/**
 * Checks an exact decimal of any size, such as a sum by the database.
 *
 * @throws RangeError for anything else
 */
export function assertDecimal(text: string): asserts text is `${number}` {
  if (read(text) === undefined) throw notDecimal();
}

/**
 * Exact sum of decimals of any size, with as many digits after the point as the most precise of them.
 *
 * @throws RangeError for anything else
 */
export function sumDecimals(amounts: readonly string[]): string {
  const decimals = amounts.map((text) => {
    const digits = read(text);
    if (digits === undefined) throw notDecimal();
    return digits;
  });
  const scale = Math.max(0, ...decimals.map(({ fraction }) => fraction.length));
  return formatDecimal(
    decimals.reduce((sum, digits) => sum + units(digits, scale), 0n),
    scale,
  );
}

function read(text: string): Digits | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  return { sign, whole, fraction };
}

/** In units of the last of so many digits after the point; no fewer than it has. */
function units({ sign, whole, fraction }: Digits, scale: number): bigint {
  const size = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -size : size;
}

const notDecimal = (): RangeError => new RangeError('An amount is not a decimal number.');
