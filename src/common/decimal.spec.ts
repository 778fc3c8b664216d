import fc from 'fast-check';
import {
  assertDecimal,
  divide,
  formatDecimal,
  isStorable,
  multiply,
  parseDecimal,
  sumDecimals,
} from './decimal';

const units = fc.bigInt({ min: -(10n ** 19n) + 1n, max: 10n ** 19n - 1n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 12n });

describe('exact decimals', () => {
  it('are read back as they are written', () => {
    fc.assert(fc.property(units, (value) => parseDecimal(formatDecimal(value)) === value));
  });

  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['+1.5', 15_000n],
    ['957.5775', 9_575_775n],
    ['-0.0001', -1n],
    ['999999999999999.9999', 10n ** 19n - 1n],
  ])('reads %s', (text, value) => {
    expect(parseDecimal(text)).toBe(value);
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
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('multiply and divide within half a ten-thousandth of the exact value', () => {
    fc.assert(
      fc.property(units, positive, (a, b) => {
        const product = multiply(a, b) * 10_000n - a * b;
        expect(product >= -5_000n && product <= 5_000n).toBe(true);
        const quotient = 2n * (divide(a, b) * b - a * 10_000n);
        expect(quotient >= -b && quotient <= b).toBe(true);
      }),
    );
  });

  it('round half away from zero', () => {
    expect(formatDecimal(multiply(parseDecimal('1.5')!, parseDecimal('0.2333')!))).toBe('0.3500');
    expect(formatDecimal(multiply(parseDecimal('-1.5')!, parseDecimal('0.2333')!))).toBe('-0.3500');
    expect(formatDecimal(divide(parseDecimal('1')!, parseDecimal('3')!))).toBe('0.3333');
    expect(formatDecimal(divide(parseDecimal('2')!, parseDecimal('3')!))).toBe('0.6667');
  });

  it('know what the database can store', () => {
    expect(isStorable(10n ** 19n - 1n)).toBe(true);
    expect(isStorable(10n ** 19n)).toBe(false);
    expect(isStorable(-(10n ** 19n))).toBe(false);
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
