import fc from 'fast-check';
import { isExactNumber, serialOf } from './sheet-values';

const DAY_MS = 86_400_000;

describe('a decimal as a number', () => {
  it.each([
    ['0', true],
    ['-0.00', true],
    ['123456789012345', true],
    ['-1234567890123.45', true],
    ['1234567890123.4500', true],
    ['0.000000000000000123', true],
    ['1234567890123456', false],
    ['12345678901234.56', false],
    ['-12345678901234.56', false],
    ['1000000000000000.10', false],
  ])('%s is exact: %s', (decimal, isExact) => {
    expect(isExactNumber(decimal)).toBe(isExact);
  });

  it('keeps each of its digits when it is called exact', () => {
    const decimals = fc
      .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 6 }))
      .map(([units, scale]) => decimalOf(units, scale));
    fc.assert(
      fc.property(decimals, (decimal) => {
        fc.pre(isExactNumber(decimal));
        // As programs show and keep a number: by 15 digits.
        expect(canonical(Number(decimal).toPrecision(15))).toBe(canonical(decimal));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a day as a number', () => {
  it.each([
    ['1900-03-01T00:00:00Z', 61],
    ['2016-02-29T12:00:00Z', 42_429.5],
    ['9999-12-31T00:00:00Z', 2_958_465],
    ['1900-02-28T23:59:59Z', undefined],
  ])('of %s is %s', (moment, serial) => {
    expect(serialOf(Date.parse(moment))).toBe(serial);
  });

  it('has its time to the millisecond', () => {
    const walls = fc.integer({ min: Date.UTC(1900, 2, 1), max: Date.UTC(9999, 11, 31) });
    fc.assert(
      fc.property(walls, (wall) => {
        const serial = serialOf(wall)!;
        expect(Math.round((serial - 25_569) * DAY_MS)).toBe(wall);
      }),
    );
  });
});

function decimalOf(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const fraction = scale === 0 ? '' : `.${digits.slice(-scale)}`;
  return `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${fraction}`;
}

/** As a whole number of millionths. */
function canonical(decimal: string): bigint {
  const plain = decimal.includes('e') ? BigInt(Math.round(Number(decimal))).toString() : decimal;
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.');
  const units = BigInt(whole + fraction.slice(0, 20).padEnd(20, '0'));
  return plain.startsWith('-') ? -units : units;
}
