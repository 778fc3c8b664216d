import { SharedFont } from './shared-font';
import { Glyph, readTrueType, TrueType, writeTrueType } from './true-type';

const glyph = (text: string, advance = 500): Glyph => ({
  outline: Buffer.from(text),
  advance,
  leftSideBearing: -7,
});
const missing = { outline: Buffer.alloc(0), advance: 0, leftSideBearing: 0 };

function fontOf(glyphs: Glyph[], points = 10): TrueType {
  const head = Buffer.alloc(54);
  head.writeUInt16BE(2000, 18);
  const maxp = Buffer.alloc(32);
  maxp.writeUInt16BE(points, 6);
  const tables = new Map([
    ['head', head],
    ['hhea', Buffer.alloc(36)],
    ['maxp', maxp],
    ['prep', Buffer.from('hint')],
  ]);
  return { unitsPerEm: 2000, glyphs, tables };
}

const subset = (glyphs: Glyph[], texts: [number, string][] = [], name = 'Noto') => ({
  name,
  font: fontOf(glyphs),
  texts: new Map(texts),
});

describe('a TrueType program', () => {
  it('is read as it was written', () => {
    const font = readTrueType(
      writeTrueType(fontOf([glyph('abcd'), missing, glyph('a composite glyph..', 610)])),
    );
    expect(font.unitsPerEm).toBe(2000);
    expect(font.glyphs.map(({ advance, leftSideBearing }) => [advance, leftSideBearing])).toEqual([
      [500, -7],
      [0, 0],
      [610, -7],
    ]);
    expect(font.glyphs.map(({ outline }) => outline.toString().replace(/\0+$/, ''))).toEqual([
      'abcd',
      '',
      'a composite glyph..',
    ]);
    expect(readTrueType(writeTrueType(font))).toEqual(font);
  });

  it('is refused without one of its tables', () => {
    const font = fontOf([glyph('abcd')]);
    font.tables.delete('hhea');
    expect(() => readTrueType(writeTrueType(font))).toThrow('hhea');
  });
});

describe('SharedFont', () => {
  it('is the union of its subsets', () => {
    const shared = new SharedFont(subset([glyph('zero'), missing, glyph('two!')], [[2, '0032']]));
    const other = subset([glyph('zero'), glyph('one!'), missing, glyph('three..!')], [[1, '0031']]);
    expect(shared.accepts(other)).toBe(true);
    shared.add(other);
    expect(shared.font.glyphs.map(({ outline }) => outline.toString())).toEqual([
      'zero',
      'one!',
      'two!',
      'three..!',
    ]);
    expect(shared.widths).toEqual([250, 250, 250, 250]);
    expect([...shared.texts]).toEqual([
      [2, '0032'],
      [1, '0031'],
    ]);
  });

  it('keeps the larger limits', () => {
    const shared = new SharedFont(subset([glyph('zero')]));
    shared.add({ ...subset([glyph('zero')]), font: fontOf([glyph('zero')], 99) });
    expect(shared.font.tables.get('maxp')?.readUInt16BE(6)).toBe(99);
  });

  it.each([
    ['of another name', subset([glyph('zero')], [], 'Other')],
    ['with another outline', subset([glyph('null')])],
    ['with another width', subset([glyph('zero', 501)])],
    ['with another text', subset([glyph('zero')], [[0, '0041']])],
  ])('does not take one %s', (_, other) => {
    expect(new SharedFont(subset([glyph('zero')], [[0, '0030']])).accepts(other)).toBe(false);
  });
});
