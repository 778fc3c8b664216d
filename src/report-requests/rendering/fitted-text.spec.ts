import fc from 'fast-check';
import { cut, fitted, isSureToFit, type Room, widthOf } from './fitted-text';
import { Markup } from './markup';
import { FONT_SIZE, ROW_HEIGHT } from './page-geometry';

const roomOf = (lines: number, width = 108): Room => ({ width, height: ROW_HEIGHT, size: FONT_SIZE, lines });
const fit = (text: string, lines: number): string => fitted(new Markup(text), text, roomOf(lines)).text;
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
    expect(fit('ABCDEFGHIJ'.repeat(10), 3)).toContain('class="lines anywhere"');
    expect(sizeOf(fit('ABCDEFGHIJ'.repeat(10), 3))).toBeGreaterThan(sizeOf(fit('ABCDEFGHIJ'.repeat(10), 1)));
  });

  it('keeps its words where they leave room for all of them', () => {
    expect(fit('Anna Bella Carla Dora Emma Fanny', 2)).toContain('class="lines"');
    expect(fit('An Aktiengesellschaftsvertriebsgesellschaft', 2)).toContain('class="lines anywhere"');
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

describe('text that is cut', () => {
  const texts = fc.string({
    maxLength: 200,
    unit: fc.constantFrom('a', 'W', '1', ' ', '東', 'ä', '.', '👩‍👧'),
  });
  const rooms = fc.record({ lines: fc.constantFrom(1, 2), width: fc.integer({ min: 40, max: 700 }) });

  it('is what there is room for, in letters that can still be read', () => {
    fc.assert(
      fc.property(texts, rooms, texts, (text, { lines, width }, beside) => {
        const room = roomOf(lines, width);
        const shown = cut(text, room, beside.slice(0, 5));
        if (shown === text) return;
        expect(shown.endsWith('…')).toBe(true);
        expect(text.startsWith(shown.slice(0, -1))).toBe(true);
        // Between the persons of one sign there is no edge.
        expect(shown).not.toMatch(/\u200d…$/);
      }),
    );
  });

  it('stays in its room, as what stands beside it does', () => {
    fc.assert(
      fc.property(texts, rooms, (text, { lines, width }) => {
        const room = roomOf(lines, width);
        const shown = cut(text, room);
        const size = sizeOf(fitted(new Markup(shown), shown, room).text);
        if (lines === 1) expect(widthOf(shown) * FONT_SIZE).toBeLessThanOrEqual(width + 11);
        else expect(size).toBeGreaterThan(8);
      }),
    );
  });

  it('is whole where it is short', () => {
    expect(cut('Ana Müller', roomOf(2))).toBe('Ana Müller');
    expect(isSureToFit('Ana Müller', roomOf(1))).toBe(true);
    expect(isSureToFit('東京', roomOf(1))).toBe(false);
  });
});
