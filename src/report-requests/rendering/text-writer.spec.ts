import fc from 'fast-check';
import { FontLibrary, FontUse } from './fonts/font-library';
import { Markup } from './markup';
import { oneLine, SLOT, TextWriter } from './text-writer';

const library = new FontLibrary();
const writer = (language: string, direction: 'ltr' | 'rtl', words = language): TextWriter =>
  new TextWriter(new FontUse(library, language), language, direction, words);

describe('oneLine', () => {
  it('gives one line without control characters, of bounded length, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const line = oneLine(text);
        // eslint-disable-next-line no-control-regex -- control characters are what it looks for
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u);
        expect(line.length).toBeLessThanOrEqual(201);
      }),
    );
  });

  it('joins lines and composes letters', () => {
    expect(oneLine(' a\r\n\tb  c ')).toBe('a b c');
    expect(oneLine('Zo\u0065\u0301')).toBe('Zo\u00e9');
    expect(oneLine('a\ud800b')).toBe('a\ufffdb');
    expect(oneLine('x'.repeat(500))).toBe(`${'x'.repeat(200)}…`);
  });
});

describe('TextWriter', () => {
  it('isolates a text that runs the other way', () => {
    expect(writer('en', 'ltr').write('שלום').text).toBe('<bdi>שלום</bdi>');
    expect(writer('ar', 'rtl').write('Ltd').text).toBe('<bdi>Ltd</bdi>');
    expect(writer('en', 'ltr').write('evil\u202eexe').text).toBe('<bdi>evil\u202eexe</bdi>');
    expect(writer('en', 'ltr').write('Zoé <b>').text).toBe('Zoé &lt;b&gt;');
  });

  it('says which language draws the Han characters', () => {
    expect(writer('en', 'ltr').write('株式会社とよた').text).toBe('<bdi lang="ja">株式会社とよた</bdi>');
    expect(writer('ja', 'ltr').write('北京').text).toBe('北京');
    expect(writer('en', 'ltr').write('北京').text).toBe('<bdi lang="zh">北京</bdi>');
    expect(writer('en', 'ltr').write('삼성').text).toBe('<bdi lang="ko">삼성</bdi>');
  });

  it('puts a name into our words, which run in their own direction', () => {
    const words = `${SLOT}, <continued>`;
    expect(writer('en', 'ltr').words(words, new Markup('<b>A</b>')).text).toBe('<b>A</b>, &lt;continued&gt;');
    expect(writer('ar', 'rtl').words('٢ من ٢').text).toBe('٢ من ٢');
    expect(writer('fa', 'rtl', 'en').words(words, new Markup('A')).text).toBe(
      '<bdi dir="ltr" lang="en">A, &lt;continued&gt;</bdi>',
    );
  });
});
