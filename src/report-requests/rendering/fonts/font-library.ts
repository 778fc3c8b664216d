import { readFileSync } from 'node:fs';
import { FontSubset, readFontCatalog, SCRIPT_FAMILIES } from './font-catalog';
import { CjkLanguage, cjkLanguageOf, isCjkLanguage } from './text-language';
import { readCharacters } from './woff2';

const CHARACTERS = 0x110000;

/** Characters of Unicode, a bit for each: as large with all of them as with none. */
class CharacterSet {
  private readonly bits = new Uint8Array(CHARACTERS / 8);

  has(character: number): boolean {
    return ((this.bits[character >> 3] ?? 0) & (1 << (character & 7))) !== 0;
  }

  add(character: number): void {
    this.bits[character >> 3] = (this.bits[character >> 3] ?? 0) | (1 << (character & 7));
  }
}

const PLAIN = /^[\x20-\x7e]*$/;
/** What stands for a character that no bundled font has: what a machine's own fonts have differs from one to the next. */
const UNKNOWN = '\ufffd';
/** Never drawn, or drawn like the space that every font has. */
const WITHOUT_GLYPH = /[\p{Default_Ignorable_Code_Point}\p{Zs}]/u;
const WITHOUT_GLYPHS = new RegExp(WITHOUT_GLYPH, 'gu');
const CJK: Record<CjkLanguage, string[]> = {
  zh: ['Report SC', 'Report TC', 'Report JP', 'Report KR'],
  'zh-Hant': ['Report TC', 'Report SC', 'Report JP', 'Report KR'],
  ja: ['Report JP', 'Report SC', 'Report TC', 'Report KR'],
  ko: ['Report KR', 'Report SC', 'Report TC', 'Report JP'],
};

/** Notes what characters the text of one document needs, and gives the style that brings their fonts. */
export class FontUse {
  private readonly characters = new Map<CjkLanguage | 'other', Set<number>>();

  constructor(
    private readonly library: FontLibrary,
    /** As `textLanguageOf` gives it. */
    private readonly reportLanguage: string,
  ) {}

  /** Gives the text as it can be printed: what no font has is replaced. */
  add(text: string): string {
    // Nearly all text is plain, and its fonts are always there.
    if (PLAIN.test(text)) return text;
    const printable = this.library.printable(text);
    const language = cjkLanguageOf(printable, this.reportLanguage) ?? 'other';
    let characters = this.characters.get(language);
    if (!characters) this.characters.set(language, (characters = new Set()));
    for (const character of printable) characters.add(character.codePointAt(0) ?? 0);
    return printable;
  }

  css(): string {
    const subsets = new Set(this.library.subsetsFor('other', [0x20]));
    for (const [language, characters] of this.characters) {
      this.library.subsetsFor(language, characters).forEach((subset) => subsets.add(subset));
    }
    const used = new Set([...subsets].map(({ family }) => family));
    // What is in the report's own language is not marked as such.
    const own = isCjkLanguage(this.reportLanguage) ? this.reportLanguage : 'other';
    const languages = [...this.characters.keys()].filter(
      (language) => language !== 'other' && language !== own,
    );
    return [
      ...[...subsets].map((subset) => this.library.faceCss(subset)),
      `html{font-family:${familyList(familiesOf(own), used)}}`,
      ...languages.map(
        (language) => `:lang(${language}){font-family:${familyList(familiesOf(language), used)}}`,
      ),
    ].join('');
  }
}

/** The bundled fonts. Files are read at their first use and kept. */
export class FontLibrary {
  private readonly catalog = readFontCatalog();
  private readonly faces = new Map<FontSubset, string>();
  private readonly characters = new Map<FontSubset, ReadonlySet<number>>();
  private readonly asked = new CharacterSet();
  private readonly known = new CharacterSet();

  /** Whether one part of a font has the whole of a letter with its marks: from two it cannot be drawn. */
  hasLetter(letter: string): boolean {
    const characters = Array.from(
      letter.replace(WITHOUT_GLYPHS, ''),
      (character) => character.codePointAt(0) ?? 0,
    );
    return [...this.catalog.values()].some((subsets) =>
      subsets.some((subset) => characters.every((character) => this.holds(subset, character))),
    );
  }

  /** The text with a sign in the place of each character that no font has. */
  printable(text: string): string {
    for (const character of text) if (!this.has(character)) return this.replaced(text);
    return text;
  }

  /** The parts that hold these characters, from the first family of the language that has each. */
  subsetsFor(language: CjkLanguage | 'other', characters: Iterable<number>): FontSubset[] {
    const families = familiesOf(language).map((family) => this.catalog.get(family) ?? []);
    const found = new Set<FontSubset>();
    for (const character of characters) {
      for (const family of families) {
        const subsets = family.filter((subset) => this.holds(subset, character));
        subsets.forEach((subset) => found.add(subset));
        if (subsets.length > 0) break;
      }
    }
    return [...found];
  }

  faceCss(subset: FontSubset): string {
    let css = this.faces.get(subset);
    if (css === undefined) {
      css = subset.files
        .map(({ weight, path }) => {
          const data = readFileSync(path).toString('base64');
          return (
            `@font-face{font-family:'${subset.family}';font-weight:${weight};` +
            `src:url(data:font/woff2;base64,${data})format('woff2');unicode-range:${subset.unicodeRange}}`
          );
        })
        .join('');
      this.faces.set(subset, css);
    }
    return css;
  }

  private replaced(text: string): string {
    return Array.from(text, (character) => (this.has(character) ? character : UNKNOWN)).join('');
  }

  private has(character: string): boolean {
    const point = character.codePointAt(0) ?? 0;
    if (!this.asked.has(point)) {
      this.asked.add(point);
      if (WITHOUT_GLYPH.test(character) || this.subsetsFor('other', [point]).length > 0)
        this.known.add(point);
    }
    return this.known.has(point);
  }

  /** A part is made for a range of which the font may lack some. */
  private holds(subset: FontSubset, character: number): boolean {
    if (!subset.ranges.some(([first, last]) => character >= first && character <= last)) return false;
    let characters = this.characters.get(subset);
    if (!characters) {
      const [file] = subset.files;
      characters = file ? readCharacters(readFileSync(file.path)) : new Set();
      this.characters.set(subset, characters);
    }
    return characters.has(character);
  }
}

function familiesOf(language: CjkLanguage | 'other'): string[] {
  return [...SCRIPT_FAMILIES, ...CJK[language === 'other' ? 'zh' : language], 'Report emoji'];
}

function familyList(families: string[], used: ReadonlySet<string>): string {
  const names = families.filter((family) => used.has(family)).map((family) => `'${family}'`);
  return [...names, 'sans-serif'].join(',');
}
