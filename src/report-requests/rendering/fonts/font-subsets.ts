import { readFileSync } from 'node:fs';
import { FontSubset, readFontCatalog } from './font-catalog';
import { CjkLanguage, cjkLanguageOf } from './text-language';

const PLAIN = /^[\x20-\x7e]*$/;
const BASE = ['Report', 'Report Arabic', 'Report Hebrew', 'Report Thai'];
const CJK: Record<CjkLanguage, string[]> = {
  zh: ['Report SC', 'Report JP', 'Report KR'],
  ja: ['Report JP', 'Report SC', 'Report KR'],
  ko: ['Report KR', 'Report SC', 'Report JP'],
};

/** Notes what characters the text of one document needs, and gives the style that brings their fonts. */
export class FontUse {
  private readonly characters = new Map<CjkLanguage | 'other', Set<number>>();

  constructor(
    private readonly library: FontLibrary,
    private readonly reportLanguage: string,
  ) {}

  add(text: string): void {
    // Nearly all text is plain, and its fonts are always there.
    if (PLAIN.test(text)) return;
    const language = cjkLanguageOf(text, this.reportLanguage) ?? 'other';
    let characters = this.characters.get(language);
    if (!characters) this.characters.set(language, (characters = new Set()));
    for (const character of text) characters.add(character.codePointAt(0) ?? 0);
  }

  css(): string {
    const subsets = new Set(this.library.subsetsFor('other', [0x20]));
    for (const [language, characters] of this.characters) {
      this.library.subsetsFor(language, characters).forEach((subset) => subsets.add(subset));
    }
    return [...subsets].map((subset) => this.library.faceCss(subset)).join('') + FAMILY_CSS;
  }
}

/** The bundled fonts. Files are read at their first use and kept. */
export class FontLibrary {
  private readonly catalog = readFontCatalog();
  private readonly faces = new Map<FontSubset, string>();

  /** The parts that hold these characters, from the first family of the language that has each. */
  subsetsFor(language: CjkLanguage | 'other', characters: Iterable<number>): FontSubset[] {
    const families = familiesOf(language).map((family) => this.catalog.get(family) ?? []);
    const found = new Set<FontSubset>();
    for (const character of characters) {
      for (const family of families) {
        const subsets = family.filter((subset) => covers(subset, character));
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
}

function covers(subset: FontSubset, character: number): boolean {
  return subset.ranges.some(([first, last]) => character >= first && character <= last);
}

function familiesOf(language: CjkLanguage | 'other'): string[] {
  return [...BASE, ...CJK[language === 'other' ? 'zh' : language]];
}

function familyList(families: string[]): string {
  return [...families.map((family) => `'${family}'`), 'sans-serif'].join(',');
}

const FAMILY_CSS =
  `html{font-family:${familyList(familiesOf('other'))}}` +
  (['zh', 'ja', 'ko'] as const)
    .map((language) => `:lang(${language}){font-family:${familyList(familiesOf(language))}}`)
    .join('');
