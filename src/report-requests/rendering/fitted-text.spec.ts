import fc from 'fast-check';
import { fitted } from './fitted-text';
import { Markup } from './markup';
import { FONT_SIZE, ROW_HEIGHT } from './page-geometry';

const ROOM = 108;
const fit = (text: string, lines: number): string => fitted(new Markup(text), text, ROOM, lines).text;
const sizeOf = (markup: string): number => FONT_SIZE * Number(/font-size:([\d.]+)em/.exec(markup)?.[1] ?? 1);

describe('text that is to be read whole', () => {
  it.each(['2016-100', 'US-2016-100000', '$1,234,567.89'])('stays as it is where it fits: %s', (text) => {
    expect(fit(text, 3)).toBe(text);
  });

  it('is smaller where it does not', () => {
    const markup = fit('-$123,456,789,012,345.67', 1);
    expect(markup).toMatch(
      /^<i style="font-size:[\d.]+em;line-height:[\d.]+">-\$123,456,789,012,345\.67<\/i>$/,
    );
    expect(sizeOf(markup)).toBeGreaterThan(6);
  });

  it('takes more lines only where these let it be larger', () => {
    expect(fit('ABCDEFGHIJKLMNOPQ', 3)).not.toContain('lines');
    expect(fit('ABCDEFGHIJ'.repeat(10), 3)).toContain('class="lines"');
    expect(sizeOf(fit('ABCDEFGHIJ'.repeat(10), 3))).toBeGreaterThan(sizeOf(fit('ABCDEFGHIJ'.repeat(10), 1)));
  });

  it('never needs more height than its row', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 100 }),
        fc.integer({ min: 1, max: 3 }),
        (text, lines) => {
          const size = sizeOf(fit(text, lines));
          expect(size).toBeLessThanOrEqual(Math.max(FONT_SIZE, ROW_HEIGHT));
          expect(size).toBeGreaterThan(0.5);
        },
      ),
    );
  });
});
