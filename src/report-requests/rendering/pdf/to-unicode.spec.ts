import fc from 'fast-check';
import { readToUnicode, writeToUnicode } from './to-unicode';

describe('a ToUnicode map', () => {
  it('is read in both of its notations', () => {
    const cmap = `2 beginbfchar\n<0003> <0020>\n<0007> <D83DDE00>\nendbfchar
1 beginbfrange\n<0010> <0012> <00660030>\nendbfrange`;
    expect([...readToUnicode(cmap)]).toEqual([
      [3, '0020'],
      [7, 'D83DDE00'],
      [16, '00660030'],
      [17, '00660031'],
      [18, '00660032'],
    ]);
  });

  it('is read as it was written', () => {
    const glyph = fc.integer({ min: 0, max: 0xffff });
    const text = fc
      .string({ minLength: 1, maxLength: 3 })
      .map((characters) =>
        Array.from(characters, (one) => one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')).join(
          '',
        ),
      );
    fc.assert(
      fc.property(fc.array(fc.tuple(glyph, text), { maxLength: 300 }), (entries) => {
        const texts = new Map(entries);
        expect(readToUnicode(writeToUnicode(texts))).toEqual(
          new Map([...texts].sort(([one], [other]) => one - other)),
        );
      }),
    );
  });
});
