import fc from 'fast-check';
import { assertDecimal, sumDecimals } from './decimals';

describe('decimals', () => {
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
