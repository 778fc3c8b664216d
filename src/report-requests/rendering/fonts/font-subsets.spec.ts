import { existsSync } from 'node:fs';
import { FontLibrary, FontUse } from './font-subsets';
import { parseUnicodeRange, readFontCatalog } from './font-catalog';

const library = new FontLibrary();

function familiesFor(...texts: string[]): string[] {
  const use = new FontUse(library, 'en');
  texts.forEach((text) => use.add(text));
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
  ])('brings what %s needs and no more', (text, families) => {
    expect(familiesFor(text)).toEqual(families);
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
