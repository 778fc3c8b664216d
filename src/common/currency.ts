import { data } from 'currency-codes';

/** Codes of ISO 4217 that are no money of a shop: metals, funds, tests. Its list gives "N.A." as their minor unit. */
const WITHOUT_MINOR_UNIT = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' ');

/** In force since the list that the library has (June 2024): the Caribbean guilder, by amendment 176. */
const ADDED: [code: string, digits: number][] = [['XCG', 2]];

const MINOR_UNITS = new Map([
  ...data
    .filter(({ code }) => !WITHOUT_MINOR_UNIT.includes(code))
    .map(({ code, digits }): [code: string, digits: number] => [code, digits]),
  ...ADDED,
]);

/** What all codes look like. */
export const CURRENCY_PATTERN = '^[A-Z]{3}$';

/**
 * How many digits after the point an amount of a currency has: the minor unit of ISO 4217, which is not always what
 * locales show.
 *
 * @returns `undefined` for what is no code of ISO 4217 in capitals, and for codes without a minor unit
 */
export const minorUnit = (currency: string): number | undefined => MINOR_UNITS.get(currency);
