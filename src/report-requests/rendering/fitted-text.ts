import { Markup } from './markup';

/** Where a text is to stand. */
export interface Room {
  /** In px. */
  width: number;
  height: number;
  /** Of its type, in px, where that lets it fit. */
  size: number;
  /** That it may take below each other. */
  lines: number;
}

/** Lines below each other are smaller than a single one, which fills its row. */
const LINE_HEIGHT = 1.15;
/** The ends of lines stay empty now and then. */
const LOST_IN_LINES = 0.4;
/** Of the plain characters from the space on, in hundredths of an em: those of the bundled font where it is strong. */
// prettier-ignore
const PLAIN_WIDTHS = [
  26, 28, 46, 65, 58, 88, 75, 25, 33, 33, 55, 58, 28, 32, 28, 40, 58, 58, 58, 58, 58, 58, 58, 58, 58, 58, 28, 28, 58, 58, 58, 47,
  90, 68, 66, 64, 74, 56, 54, 73, 76, 37, 31, 65, 55, 93, 80, 79, 62, 79, 65, 55, 57, 75, 64, 96, 64, 61, 58, 33, 40, 33, 58, 43,
  34, 59, 63, 51, 63, 59, 38, 63, 64, 29, 29, 59, 29, 96, 64, 62, 63, 63, 44, 50, 41, 64, 55, 83, 56, 55, 49, 39, 56, 39, 58,
];
const FIRST_PLAIN = 0x20;
/** What a text may be wider by: in most sizes the browser rounds each advance. */
const ROUNDED = 1.03;
// Estimates of others, in ems; somewhat too large rather than too small.
const WIDE = /[\u0b80-\u0dff\u1000-\uffef\u{10000}-\u{10ffff}]/u;
const WIDTHS: readonly [RegExp, number][] = [
  // Marks of direction and joiners are not drawn.
  [/[\u200b-\u200f\u202a-\u202e\u2060-\u2069]/, 0],
  [/[©®¼-¾Æ\u00d0-\u00d6\u00d8-\u00deæ\u0132\u0152\u0153—…]/, 0.96],
  [/[\u00c0-\u00cb\u0100-\u024f]/, 0.74],
  [/[\u00a0\u202f]/, 0.36],
];
const ORDINARY = 0.64;
const WIDEST = 1;

/** Characters of which no glyph is wider than it is estimated. */
const LATIN = /^[\x20-\x7e\xa0-\u024f]*$/;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Whether a text is sure to fit as it is. */
export const isSureToFit = (text: string, room: Room): boolean => LATIN.test(text) && fits(text, room);

/**
 * Text that is to be read whole: as it is where it fits, else smaller, and in up to so many lines of one row.
 *
 * @param text as it was before it became markup
 */
export function fitted(content: Markup, text: string, room: Room): Markup {
  if (fits(text, room)) return content;
  const width = widthOf(text);
  let best = { size: 0, lines: 1 };
  for (let count = 1; count <= room.lines; count += 1) {
    const size = Math.min((filledLines(count) * room.width) / width, sizeOfLines(count, room));
    if (size > best.size) best = { size, lines: count };
  }
  // Relative to the text around, whatever scale that is laid out in.
  const height = room.height / best.lines / best.size;
  const style = `font-size:${(best.size / room.size).toFixed(3)}em;line-height:${height.toFixed(3)}`;
  if (best.lines === 1) return new Markup(`<i style="${style}">${content.text}</i>`);
  const box = `height:${(room.height / best.size).toFixed(3)}em`;
  const breaks = linesOf(text, room.width / best.size) <= best.lines ? 'lines' : 'lines anywhere';
  return new Markup(`<i class="${breaks}" style="${style};${box}">${content.text}</i>`);
}

/**
 * As much of a text as there is room for in all its lines, with an ellipsis if that is not all.
 *
 * @param beside what stands with it
 */
export function cut(text: string, room: Room, beside = ''): string {
  if (fits(text + beside, room)) return text;
  const most = (filledLines(room.lines) * room.width) / sizeOfLines(room.lines, room);
  let width = widthOf(beside);
  if (width + widthOf(text) <= most) return text;
  width += widthOf('…');
  let end = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += widthOf(segment);
    if (width > most) break;
    end += segment.length;
  }
  return `${text.slice(0, end).trimEnd()}…`;
}

/** In ems; rather too large than too small. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfOne(character);
  return width;
}

function widthOfOne(character: string): number {
  const plain = PLAIN_WIDTHS[(character.codePointAt(0) ?? 0) - FIRST_PLAIN];
  if (plain !== undefined) return (ROUNDED * plain) / 100;
  const [, known] = WIDTHS.find(([some]) => some.test(character)) ?? [];
  return known ?? (WIDE.test(character) ? WIDEST : ORDINARY);
}

/** In one line, in the size of the room. Nearly every text of a long report is short, and need not be measured. */
const fits = (text: string, { width, size }: Room): boolean =>
  text.length * WIDEST * size <= width || widthOf(text) * size <= width;

const filledLines = (lines: number): number => (lines === 1 ? 1 : lines - LOST_IN_LINES);

const sizeOfLines = (lines: number, { size, height }: Room): number =>
  lines === 1 ? size : Math.min(size, height / (lines * LINE_HEIGHT));

/** How many lines its words take, of so many ems; no end of them when one word is longer. */
function linesOf(text: string, line: number): number {
  let lines = 1;
  let left = line;
  for (const word of text.split(' ')) {
    const width = widthOf(word);
    if (width > line) return Infinity;
    if (width > left) {
      lines += 1;
      left = line;
    }
    left -= width + widthOf(' ');
  }
  return lines;
}
