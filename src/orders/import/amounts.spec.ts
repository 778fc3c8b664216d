import fc from 'fast-check';
import { currencyIn, DecimalMark, detectDecimalMark, isSignOf, parseAmount, parseNumber } from './amounts';

const marks = fc.constantFrom<DecimalMark>('.', ',');
/** An exact decimal, and the same as people write it. */
const written = fc
  .record({
    negative: fc.boolean(),
    whole: fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }).map(String),
    fraction: fc.stringMatching(/^\d{0,6}$/),
    mark: marks,
    grouped: fc.boolean(),
    sign: fc.constantFrom('-', '\u2212'),
    currency: fc.constantFrom('', '$', 'US$', '€', 'EUR', '£', '¥'),
    before: fc.boolean(),
  })
  .map(({ negative, whole, fraction, mark, grouped, sign, currency, before }) => {
    const other = mark === '.' ? ',' : '.';
    const shown = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, other) : whole;
    const number = `${shown}${fraction === '' ? '' : mark}${fraction}`;
    const money = before ? `${currency}${number}` : `${number}${currency === '' ? '' : ` ${currency}`}`;
    const digits = fraction.replace(/0+$/, '');
    const isZero = whole === '0' && digits === '';
    const decimal = `${negative && !isZero ? '-' : ''}${whole}${digits === '' ? '' : `.${digits}`}`;
    return {
      mark,
      decimal,
      number: negative ? sign + number : number,
      money: negative ? sign + money : money,
      inParentheses: negative ? `(${money})` : money,
    };
  });

/** As a number, for comparison: `1.50` is `1.5`. */
const value = (decimal: string | undefined): string | undefined =>
  decimal?.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

describe('amounts as people write them', () => {
  it('are read as what was meant, with and without thousands, signs and currencies', () => {
    fc.assert(
      fc.property(written, ({ mark, decimal, number, money, inParentheses }) => {
        expect(value(parseNumber(number, mark))).toBe(decimal);
        for (const text of [number, money, inParentheses])
          expect(value(parseAmount(text, mark))).toBe(decimal);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are never read with the other mark as anything else than thousands', () => {
    fc.assert(
      fc.property(written, ({ mark, decimal, money }) => {
        const other = mark === '.' ? ',' : '.';
        const found = parseAmount(money, other);
        if (found === undefined || !money.includes(mark)) return;
        // Only `1.234`, which is a thousand there.
        expect(value(found)!.replace('-', '')).toBe(
          decimal.replace(/[-.]/g, '').padEnd(found.length - (found.startsWith('-') ? 1 : 0), '0'),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['$1,115.98', '.', '1115.98'],
    ['1.115,98 €', ',', '1115.98'],
    ['1 115,98', ',', '1115.98'],
    ['1\u202f115,98\u00a0€', ',', '1115.98'],
    ["CHF 1'115.98", '.', '1115.98'],
    ['(1,115.98)', '.', '-1115.98'],
    ['-$5', '.', '-5'],
    ['$-5.00', '.', '-5'],
    ['5.00-', '.', '-5'],
    ['1,234', '.', '1234'],
    ['1,234', ',', '1.234'],
    ['+1.5', '.', '1.5'],
    ['₹1,115.98', '.', '1115.98'],
  ] as const)('reads %s with %s', (text, mark, decimal) => {
    expect(parseAmount(text, mark)).toBe(decimal);
  });

  it.each([
    '',
    '1,5',
    '1,23,456.00',
    '12,34.5',
    '1.2.3',
    '1e400',
    'NaN',
    'Infinity',
    '0x10',
    '٣',
    '1_000',
    '--1',
    '(-1)',
    '-(1)',
    '$',
    '1234567890123456',
    '.5',
    '5.',
    '1 2',
    '9'.repeat(99_000),
    '1'.repeat(61),
  ])('does not read %j with a point', (text) => {
    expect(parseAmount(text, '.')).toBeUndefined();
    expect(parseNumber(text, '.')).toBeUndefined();
  });

  it('has no currency in a number, and no more decimals than are allowed, but for zeros', () => {
    expect(parseNumber('$5', '.')).toBeUndefined();
    expect(parseAmount('1.1234567', '.', 6)).toBeUndefined();
    expect(parseAmount('1.1234560', '.', 6)).toBe('1.123456');
  });

  it.each([
    ['1.115,98 €', '€'],
    ['USD 5.00', 'USD'],
    ['US$5', '$'],
    ['₿5', undefined],
    ['5', undefined],
  ])('name in %s the currency %s', (text, currency) => {
    expect(currencyIn(text)).toBe(currency);
  });

  it.each([
    ['€', 'EUR', true],
    ['$', 'CAD', true],
    ['$', 'EUR', false],
    ['¥', 'CNY', true],
    ['¥', 'USD', false],
    ['USD', 'USD', true],
    ['USD', 'CAD', false],
  ])('%s is of %s: %s', (named, currency, expected) => {
    expect(isSignOf(named, currency)).toBe(expected);
  });

  it.each([
    ['.', ['1.50', '2'], ','],
    [',', ['1,50', '2'], ','],
    [',', ['1.115,98 €'], ';'],
    ['.', ['$1,115.98'], ','],
    // What may be thousands says nothing: then the delimiter does.
    ['.', ['1,234', '1.234', '17'], ','],
    [',', ['1,234', '1.234', '17'], ';'],
    // A number of thousands does not begin with 0, and no group has four digits before it.
    [',', ['0,500'], ','],
    ['.', ['1234.567'], ';'],
    // Both are in it: what has commas is an error of its row.
    ['.', ['1,50', '1.50'], ';'],
    ['.', [], ','],
  ] as const)('have the mark %s in %j between %j', (mark, cells, delimiter) => {
    expect(detectDecimalMark(cells, delimiter).decimalMark).toBe(mark);
  });
});
