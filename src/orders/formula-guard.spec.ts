import fc from 'fast-check';
import { guarded, unguarded } from './formula-guard';

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '  =1', '\uff1d1', '\uff20x', '-'];

describe('the guard against formulas', () => {
  it.each(FORMULAS)('makes text of %j', (text) => {
    expect(guarded(text)).toBe(`'${text}`);
  });

  it.each(['Anna', "O'Hara", "'quoted'", '1+1', ''])('leaves %j alone', (text) => {
    expect(guarded(text)).toBe(text);
    expect(unguarded(text)).toBe(text);
  });

  it('is taken off any text again, and nothing else is', () => {
    const part = fc.constantFrom("'", ' ', '=', '-', '\t', 'x', '\uff0d');
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(unguarded(guarded(text))).toBe(text);
        expect(guarded(text)).not.toMatch(/^\s*[=+\-@]/);
      }),
    );
  });
});
