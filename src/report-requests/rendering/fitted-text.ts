import { Markup } from './markup';
import { FONT_SIZE, ROW_HEIGHT } from './page-geometry';

/** Lines below each other are smaller than a single one, which fills its row. */
const LINE_HEIGHT = 1.15;
// Estimates of a character's width in the bundled fonts, in ems; somewhat too large rather than too small.
const WIDE = /[\u0b80-\u0dff\u1000-\uffef\u{10000}-\u{10ffff}]/u;
const WIDTHS: readonly [RegExp, number][] = [
  [/[MWmw@%—…]/, 0.96],
  [/[A-Z&]/, 0.73],
  [/[.,:;'|!ilIjt \u00a0\u202f-]/, 0.36],
];
const ORDINARY = 0.62;
/** Ten characters fit everywhere, whatever they are. */
const ALWAYS_FITS = 10;

/** Characters of which no glyph is wider than it is estimated. */
const LATIN = /^[\x20-\x7e\xa0-\u024f]*$/;

/** Whether a text is sure to fit into a room of so many px. */
export const fits = (text: string, room: number): boolean =>
  LATIN.test(text) && widthOf(text) * FONT_SIZE <= room;

/**
 * Text that is to be read whole: as it is where it fits, else smaller, and in up to so many lines of one row.
 *
 * @param text as it was before it became markup
 * @param room width in px
 */
export function fitted(content: Markup, text: string, room: number, lines: number): Markup {
  if (text.length <= ALWAYS_FITS) return content;
  const width = widthOf(text);
  if (width * FONT_SIZE <= room) return content;
  let best = { size: 0, lines: 1 };
  for (let count = 1; count <= lines; count += 1) {
    // The ends of lines stay empty now and then.
    const filled = count === 1 ? 1 : count - 0.4;
    const size = Math.min((filled * room) / width, ROW_HEIGHT / (count * LINE_HEIGHT));
    if (size > best.size) best = { size, lines: count };
  }
  // Relative to the text around, whatever scale that is laid out in.
  const height = ROW_HEIGHT / best.lines / best.size;
  const style = `font-size:${(best.size / FONT_SIZE).toFixed(3)}em;line-height:${height.toFixed(3)}`;
  if (best.lines === 1) return new Markup(`<i style="${style}">${content.text}</i>`);
  const box = `height:${(ROW_HEIGHT / best.size).toFixed(3)}em`;
  return new Markup(`<i class="lines" style="${style};${box}">${content.text}</i>`);
}

/** In ems; rather too large than too small. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    const [, known] = WIDTHS.find(([some]) => some.test(character)) ?? [];
    width += known ?? (WIDE.test(character) ? 1 : ORDINARY);
  }
  return width;
}
