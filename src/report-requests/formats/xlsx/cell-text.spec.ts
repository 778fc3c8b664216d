import fc from 'fast-check';
import { cellText } from './cell-text';

/** As a program reads it: the markup by XML, then the codes of characters. */
const read = (xml: string): string =>
  xml
    .replace(
      /&(amp|lt|gt|quot);/g,
      (_entity, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name]!,
    )
    .replace(/_x([\dA-F]{4})_/g, (_code, hex: string) => String.fromCharCode(parseInt(hex, 16)));

describe('the text of a cell', () => {
  it.each([
    ['Fish & <chips>', 'Fish &amp; &lt;chips&gt;'],
    ['a\u0007\r\n', 'a_x0007__x000D_\n'],
    ['_x0041_', '_x005F_x0041_'],
    ['_x0041\u0001', '_x005F_x0041_x0001_'],
    ['_x41_ _X0041_ x0041_', '_x41_ _X0041_ x0041_'],
  ])('of %j is %j', (text, xml) => {
    expect(cellText(text)).toBe(xml);
  });

  it('is read back, whatever it is', () => {
    const pieces = fc.constantFrom(
      '_x',
      '_',
      'x',
      '0041',
      '_x0041_',
      '&',
      '<',
      ']]>',
      '\0',
      '\r',
      '\n',
      '\uffff',
      'é',
      '😀',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const xml = cellText(text);
        expect(read(xml)).toBe(text);
        expect(xml).not.toMatch(/(?![\t\n])[<>\p{Cc}\ufffe\uffff]/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is no longer than a cell', () => {
    expect(cellText('x'.repeat(40_000))).toBe(`${'x'.repeat(32_766)}…`);
  });
});
