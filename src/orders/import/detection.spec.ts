import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import type { DecimalMark } from './amounts';
import type { Delimiter } from './csv-records';
import { detectDialect } from './detection';
import { readHeader } from './file-header';
import { GENERIC } from './presets/generic';

const COLUMNS = ['number', 'ordered_at', 'customer_name', 'sku', 'description', 'quantity', 'unit_price'];
const detect = (text: string, isWhole = true) =>
  detectDialect(text, isWhole, true, (names) => readHeader(names, GENERIC, {}));
const texts = fc.string({ unit: fc.constantFrom('a', 'é', ' ', ',', ';', '\t', '|', '"', '.', '1', '-') });

describe('recognising how a file is written', () => {
  it('finds what it was written with, whatever the texts in it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Delimiter>(',', ';', '\t', '|'),
        fc.constantFrom<DecimalMark>('.', ','),
        fc.shuffledSubarray(COLUMNS, { minLength: COLUMNS.length }),
        fc.array(fc.tuple(texts, fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 99 })), {
          minLength: 1,
          maxLength: 20,
        }),
        (delimiter, decimalMark, columns, rows) => {
          const cells = rows.map(([text, whole, cents]) =>
            columns.map((column) =>
              column === 'unit_price'
                ? `${whole}${decimalMark}${String(cents).padStart(2, '0')}`
                : column === 'ordered_at'
                  ? '08.01.2024'
                  : column === 'quantity'
                    ? '1'
                    : text,
            ),
          );
          const file = stringify([columns, ...cells], { delimiter });
          expect(detect(file)).toMatchObject({ delimiter, decimalMark, dateForm: 'DD.MM.YYYY' });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never breaks, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, isWhole) => {
        expect(detect(text, isWhole).delimiter).toMatch(/^[,;\t|]$/);
      }),
    );
  });

  it('looks at no row that may be cut off', () => {
    const file = 'number,unit_price\nA,1.50\nB,"1,5';
    expect(detect(file, false).decimalMark).toBe('.');
    expect(detect('number;unit_price\nA;17\nB;1.5', false).decimalMark).toBe(',');
  });

  it.each([
    [',', '1,234', ','],
    [';', '1.234', '.'],
    ['|', '12,500', ','],
  ])('knows by our own headings, between %j, that %j has no thousands', (delimiter, amount, decimalMark) => {
    const file = (headings: string[]): string =>
      stringify(
        [
          ['number', 'total', ...headings],
          ['A', amount, ...headings],
        ],
        { delimiter },
      );
    expect(detect(file(['line_count', 'net_total']))).toMatchObject({ decimalMark, isShown: true });
    expect(detect(file(['line_count', 'tax_total']))).toMatchObject({ isShown: false });
  });

  it('goes by the most cells where no column is known', () => {
    expect(detect('a;b;c\n1,5;2;3\n').delimiter).toBe(';');
    expect(detect('a\n').delimiter).toBe(',');
  });
});
