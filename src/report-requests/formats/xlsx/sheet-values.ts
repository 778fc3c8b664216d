/** Programs compute with doubles, and show and keep this many digits of them. */
const EXACT_DIGITS = 15;

/** Whether a spreadsheet keeps each digit of a plain decimal when that is a number. */
export const isExactNumber = (decimal: string): boolean =>
  // A decimal point is no digit, too.
  decimal.length <= EXACT_DIGITS ||
  decimal
    .replace('-', '')
    .replace(/\.0*$|(\.\d*?)0+$/, '$1')
    .replace('.', '')
    .replace(/^0+/, '').length <= EXACT_DIGITS;

const DAY_MS = 86_400_000;
/** Day 0 of spreadsheets. They know a 29 February 1900, so that days before it would be others. */
const EPOCH = Date.UTC(1899, 11, 30);
const FIRST = Date.UTC(1900, 2, 1);
const END = Date.UTC(10_000, 0, 1);

/**
 * The number by which a spreadsheet counts days.
 *
 * @param wall what a clock shows, in milliseconds as if it were UTC
 * @returns `undefined` for what it cannot count
 */
export const serialOf = (wall: number): number | undefined =>
  wall >= FIRST && wall < END ? (wall - EPOCH) / DAY_MS : undefined;
