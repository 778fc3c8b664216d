/** Decimals of money and of quantities, as in the schema's `numeric(19, 4)`. */
const SCALE = 4;
const UNIT = 10n ** BigInt(SCALE);
const LARGEST = 10n ** 19n - 1n;

const DECIMAL = /^([+-]?)(\d{1,15})(?:\.(\d{1,4}))?$/;

/**
 * An exact decimal as a whole number of ten-thousandths.
 *
 * @returns `undefined` for what is not a plain decimal of at most 15 digits before and 4 after the point: an
 *   exponent, a thousands separator, a currency sign, a fifth decimal
 */
export function parseDecimal(text: string): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction.padEnd(SCALE, '0'));
  return sign === '-' ? -units : units;
}

/** As the database writes it, with four decimals: `261.9600`. */
export function formatDecimal(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
}

/** Rounded half away from zero, as Postgres rounds. */
export const multiply = (a: bigint, b: bigint): bigint => divideRounded(a * b, UNIT);

/** Rounded half away from zero, as Postgres rounds. */
export const divide = (a: bigint, b: bigint): bigint => divideRounded(a * UNIT, b);

/** Whether it fits into `numeric(19, 4)`. */
export const isStorable = (units: bigint): boolean => units <= LARGEST && units >= -LARGEST;

function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const quotient = (2n * top + bottom) / (2n * bottom);
  return negative ? -quotient : quotient;
}
