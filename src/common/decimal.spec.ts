import fc from 'fast-check';
import {
  assertDecimal,
  divideRounded,
  formatDecimal,
  isStorable,
  parseDecimal,
  rescale,
  sumDecimals,
} from './decimal';

const units = fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });
const scale = fc.integer({ min: 0, max: 6 });

describe('exact decimals', () => {
  it('are read back as they are written, in every scale', () => {
    fc.assert(
      fc.property(
        units,
        scale,
        (value, digits) => parseDecimal(formatDecimal(value, digits), digits) === value,
      ),
    );
  });

  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['+1.5', 15_000n],
    ['957.5775', 9_575_775n],
    ['-0.0001', -1n],
    ['999999999999999.9999', 10n ** 19n - 1n],
  ])('reads %s', (text, value) => {
    expect(parseDecimal(text, 4)).toBe(value);
  });

  it.each([
    '',
    ' 1',
    '1e3',
    '1,000.00',
    '1,5',
    '.5',
    '1.',
    '0.12345',
    '1000000000000000',
    '$1',
    'NaN',
    '0x10',
    '１',
  ])('refuses %j', (text) => {
    expect(parseDecimal(text, 4)).toBeUndefined();
  });

  it('reads no digit beyond the scale', () => {
    expect(parseDecimal('5', 0)).toBe(5n);
    expect(parseDecimal('5.0', 0)).toBeUndefined();
    expect(parseDecimal('0.123456', 6)).toBe(123_456n);
  });

  it('are rounded to within half of the last digit of the exact value', () => {
    fc.assert(
      fc.property(units, positive, (a, b) => {
        const error = 2n * (divideRounded(a, b) * b - a);
        expect(error >= -b && error <= b).toBe(true);
      }),
    );
  });

  it('round half away from zero', () => {
    expect(rescale(35n, 1, 0)).toBe(4n);
    expect(rescale(-35n, 1, 0)).toBe(-4n);
    expect(rescale(34_999n, 4, 0)).toBe(3n);
    expect(divideRounded(-1n, 2n)).toBe(-1n);
    expect(divideRounded(1n, 3n)).toBe(0n);
  });

  it('have no digit lost in a larger scale', () => {
    fc.assert(
      fc.property(
        units,
        scale,
        scale,
        (value, from, more) => rescale(rescale(value, from, from + more), from + more, from) === value,
      ),
    );
  });

  it('know what would be read again', () => {
    expect(isStorable(10n ** 19n - 1n, 4)).toBe(true);
    expect(isStorable(10n ** 19n, 4)).toBe(false);
    expect(isStorable(-(10n ** 17n), 2)).toBe(false);
  });
});

describe('decimals of any size', () => {
  it('adds without losing a digit', () => {
    expect(sumDecimals(['0.1', '0.2'])).toBe('0.3');
    expect(sumDecimals(['99999999999999999999.9999', '0.0001'])).toBe('100000000000000000000.0000');
    expect(sumDecimals(['1.5', '-2'])).toBe('-0.5');
    expect(sumDecimals([])).toBe('0');
  });

  it('equals integer arithmetic on the smallest units', () => {
    const units = fc.array(fc.bigInt(-(10n ** 20n), 10n ** 20n));
    fc.assert(
      fc.property(units, (amounts) => {
        const written = amounts.map((amount) => {
          const digits = (amount < 0n ? -amount : amount).toString().padStart(3, '0');
          return `${amount < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        });
        const sum = amounts.reduce((left, right) => left + right, 0n);
        expect(BigInt(sumDecimals([...written, '0.00']).replace('.', ''))).toBe(sum);
      }),
    );
  });

  it.each(['', '1e3', 'NaN', '1,000', ' 1', '1.', '.5', '0x10', 'Infinity'])('refuses %p', (text) => {
    expect(() => assertDecimal(text)).toThrow(RangeError);
  });
});
