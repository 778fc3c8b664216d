import { create, type Font } from 'fontkit';
import { existsSync, readFileSync } from 'node:fs';
import { FontLibrary, FontUse } from './font-library';
import { parseUnicodeRange, readFontCatalog } from './font-catalog';
import { textLanguageOf } from './text-language';
import { readCharacters } from './woff2';

const library = new FontLibrary();

function familiesFor(text: string, reportLanguage = 'en'): string[] {
  const use = new FontUse(library, reportLanguage);
  use.add(text);
  const families = [...use.css().matchAll(/@font-face\{font-family:'([^']+)'/g)].map(
    ([, family = '']) => family,
  );
  return [...new Set(families)].sort();
}

describe('fonts', () => {
  it('brings the Latin letters alone for plain text', () => {
    expect(familiesFor('John Smith & Sons')).toEqual(['Report']);
  });

  it.each([
    ['Ελληνική', ['Report']],
    ['Общество', ['Report']],
    ['شركة النور', ['Report', 'Report arabic']],
    ['חברת ישראל', ['Report', 'Report hebrew']],
    ['北京贸易', ['Report', 'Report SC']],
    ['とよた', ['Report', 'Report JP']],
    ['삼성전자', ['Report', 'Report KR']],
    ['ไทย', ['Report', 'Report thai']],
    ['தமிழ்', ['Report', 'Report tamil']],
    ['မြန်မာ', ['Report', 'Report myanmar']],
    ['Party 🎉', ['Report', 'Report emoji']],
  ])('brings what %s needs and no more', (text, families) => {
    expect(familiesFor(text)).toEqual(families);
  });

  it.each([
    ['zh', ['Report', 'Report SC']],
    ['zh-Hant', ['Report', 'Report TC']],
    ['ja', ['Report', 'Report JP']],
    ['ko', ['Report', 'Report KR']],
  ])('draws Han characters as the readers of a report in %s write them', (language, families) => {
    expect(familiesFor('合計', language)).toEqual(families);
  });

  it.each([
    ['zh-TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-Hant-MY', 'zh-Hant'],
    ['zh', 'zh'],
    ['zh-Hans-HK', 'zh'],
    ['ja-JP', 'ja'],
    ['sr-Latn', 'sr'],
  ])('knows which way %s draws them', (locale, language) => {
    expect(textLanguageOf(locale)).toBe(language);
  });

  it('gives the whole of a report in its own language its fonts, however that is called', () => {
    const use = new FontUse(library, 'zh-Hant');
    use.add('訂單');
    expect(use.css()).toContain("html{font-family:'Report','Report TC',sans-serif}");
    expect(use.css()).not.toContain(':lang');
  });

  it('covers every letter of the scripts that it promises', () => {
    const letters =
      'Ωμέγα Жёлтый ڤپگچ שׁלום Żółć Nguyễn 東京都渋谷区 贸易有限公司 ㈜한국 ぁゟ ヴ ー ₹ € ₪ ₩ ￥ × – …';
    for (const letter of letters.replaceAll(' ', '')) {
      expect([letter, library.subsetsFor('other', [letter.codePointAt(0) ?? 0]).length > 0]).toEqual([
        letter,
        true,
      ]);
    }
  });

  it('names no font that the document has not', () => {
    const use = new FontUse(library, 'en');
    use.add('شركة النور');
    expect(use.css()).toContain("html{font-family:'Report','Report arabic',sans-serif}");
    expect(use.css()).not.toContain(':lang');
  });

  it('puts a sign in the place of what no font has', () => {
    const use = new FontUse(library, 'en');
    expect(use.add('Ꮳ ab\u{10ffff} \u{1d173}é \u200d')).toBe('\ufffd ab\ufffd \u{1d173}é \u200d');
  });

  it('reads which characters a font has', () => {
    const files = [...readFontCatalog().values()].flatMap(([subset]) => subset?.files.slice(0, 1) ?? []);
    for (const { path } of files) {
      const font = create(readFileSync(path)) as Font;
      // The end of a table is no character.
      const characters = font.characterSet.filter((character) => character !== 0xffff);
      expect([...readCharacters(readFileSync(path))].sort()).toEqual(characters.sort());
    }
  });

  it('has a file for every part of every font', () => {
    const files = [...readFontCatalog().values()].flat().flatMap((subset) => subset.files);
    expect(files.filter(({ path }) => !existsSync(path))).toEqual([]);
    expect(files.length).toBeGreaterThan(300);
  });

  it('reads the syntax of unicode-range', () => {
    expect(parseUnicodeRange('U+0301,U+0400-045F,U+1f1e6')).toEqual([
      [0x301, 0x301],
      [0x400, 0x45f],
      [0x1f1e6, 0x1f1e6],
    ]);
  });
});
