import { minorUnit } from './currency';

describe('minor units of ISO 4217', () => {
  it.each([
    ['JPY', 0],
    ['USD', 2],
    ['KWD', 3],
    ['UYW', 4],
    // Where locales show fewer digits than ISO 4217 has.
    ['IDR', 2],
    ['HUF', 2],
    ['IQD', 3],
    // In force since 2025.
    ['XCG', 2],
  ])('%s has %i digits', (currency, digits) => {
    expect(minorUnit(currency)).toBe(digits);
  });

  it.each(['XAU', 'XDR', 'XTS', 'XXX', 'ABC', 'usd', '', 'toString'])('%j is refused', (currency) => {
    expect(minorUnit(currency)).toBeUndefined();
  });
});
