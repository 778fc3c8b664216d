const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Decimals of money and of quantities, as in the schema's `numeric(19, 4)`. */
const SCALE = 4;
const UNIT = 10n ** BigInt(SCALE);
const LARGEST = 10n ** 19n - 1n;
const WHOLE_DIGITS = 15;

interface Digits {
  sign: string;
  whole: string;
  fraction: string;
}

/**
 * An exact decimal as a whole number of ten-thousandths.
 *
 * @returns `undefined` for what is not a plain decimal of at most 15 digits before and 4 after the point: an
 *   exponent, a thousands separator, a currency sign, a fifth decimal
 */
export function parseDecimal(text: string): bigint | undefined {
  const digits = read(text);
  if (digits === undefined || digits.whole.length > WHOLE_DIGITS || digits.fraction.length > SCALE)
    return undefined;
  return units(digits, SCALE);
}

/** As the database writes it, with four decimals: `261.9600`. */
export const formatDecimal = (amount: bigint): string => written(amount, SCALE);

/** Rounded half away from zero, as Postgres rounds. */
export const multiply = (a: bigint, b: bigint): bigint => divideRounded(a * b, UNIT);

/** Rounded half away from zero, as Postgres rounds. */
export const divide = (a: bigint, b: bigint): bigint => divideRounded(a * UNIT, b);

/** Whether it fits into `numeric(19, 4)`. */
export const isStorable = (amount: bigint): boolean => amount <= LARGEST && amount >= -LARGEST;

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
  return written(
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

function written(amount: bigint, scale: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${amount < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

const notDecimal = (): RangeError => new RangeError('An amount is not a decimal number.');

function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const quotient = (2n * top + bottom) / (2n * bottom);
  return negative ? -quotient : quotient;
}
