import { Glyph, TrueType } from './true-type';

/** A font as one part of a report embeds it: the glyphs that the part needs, under their numbers in the whole font. */
export interface FontSubset {
  /** PostScript name, without the tag of the subset. */
  name: string;
  font: TrueType;
  texts: ReadonlyMap<number, string>;
}

const NO_GLYPH: Glyph = { outline: Buffer.alloc(0), advance: 0, leftSideBearing: 0 };

/** The union of subsets of one font. */
export class SharedFont {
  readonly name: string;
  readonly texts = new Map<number, string>();
  private readonly glyphs: Glyph[] = [];
  private readonly unitsPerEm: number;
  private readonly tables: TrueType['tables'];

  constructor(first: FontSubset) {
    this.name = first.name;
    this.unitsPerEm = first.font.unitsPerEm;
    this.tables = new Map(first.font.tables);
    this.add(first);
  }

  get font(): TrueType {
    return { unitsPerEm: this.unitsPerEm, glyphs: this.glyphs, tables: this.tables };
  }

  /** Widths of all glyphs in thousandths of the em. */
  get widths(): number[] {
    return this.glyphs.map(({ advance }) => Math.round((advance * 1000) / this.unitsPerEm));
  }

  /**
   * Whether a subset is of this font. Several fonts have one name (each bundled font comes in files by script), so what
   * both have must be the same: then the union is right for both, whatever they are.
   */
  accepts({ name, font, texts }: FontSubset): boolean {
    return (
      name === this.name &&
      font.unitsPerEm === this.unitsPerEm &&
      ['cvt ', 'fpgm', 'prep'].every((tag) => equal(font.tables.get(tag), this.tables.get(tag))) &&
      [...texts].every(([glyph, text]) => (this.texts.get(glyph) ?? text) === text) &&
      font.glyphs.every((glyph, index) => agree(glyph, this.glyphs[index] ?? NO_GLYPH))
    );
  }

  add({ font, texts }: FontSubset): void {
    texts.forEach((text, glyph) => this.texts.set(glyph, text));
    font.glyphs.forEach((glyph, index) => {
      const known = this.glyphs[index];
      // A copy: the part's bytes are not to be kept for a glyph of them.
      if (known === undefined || isMissing(known))
        this.glyphs[index] = { ...glyph, outline: Buffer.from(glyph.outline) };
    });
    const [own, other] = [this.tables.get('maxp'), font.tables.get('maxp')];
    if (own && other) this.tables.set('maxp', largest(own, other));
  }
}

const isMissing = ({ outline, advance }: Glyph): boolean => outline.length === 0 && advance === 0;

const agree = (one: Glyph, other: Glyph): boolean =>
  isMissing(one) ||
  isMissing(other) ||
  (one.advance === other.advance && equal(trimmed(one.outline), trimmed(other.outline)));

const equal = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
  one === undefined || other === undefined ? one === other : one.equals(other);

/** An outline may be padded to an even length, or to a multiple of four. */
function trimmed(outline: Buffer): Buffer {
  let end = outline.length;
  while (end > 0 && outline[end - 1] === 0) end -= 1;
  return outline.subarray(0, end);
}

/** The limits that `maxp` states, each the larger one. Its version is not one of them. */
function largest(one: Buffer, other: Buffer): Buffer {
  const result = Buffer.from(one);
  for (let at = 4; at + 1 < Math.min(one.length, other.length); at += 2)
    result.writeUInt16BE(Math.max(one.readUInt16BE(at), other.readUInt16BE(at)), at);
  return result;
}
