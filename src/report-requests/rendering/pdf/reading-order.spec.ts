import fc from 'fast-check';
import { inReadingOrder } from './reading-order';

const ROW = 60;
const text = (word: string, y: number): string => `BT\n/F4 31.25 Tf\n1 0 0 -1 0 ${y} Tm\n<${word}> Tj\nET\n`;
const column = (x: number, texts: string[]): string =>
  `q\n${x} 0 100 3000 re\nW* n\nq\n1.1 0 0 1.1 ${x} -5.5 cm\n0 0 0 RG 0 0 0 rg\n/G3 gs\n${texts.join('')}Q\nQ\n`;
const wordsIn = (content: string): string[] =>
  Array.from(content.matchAll(/<(.*)> Tj/g), ([, word]) => word!);

describe('the reading order of a drawing', () => {
  it('has the texts of each row together, each drawn as before', () => {
    const [a, b] = [text('a1', 38) + text('a2', 92), text('b1', 38) + text('b2', 92)];
    expect(inReadingOrder(column(0, [a]) + column(100, [b]), ROW)).toBe(
      [
        column(0, [text('a1', 38)]),
        column(100, [text('b1', 38)]),
        column(0, [text('a2', 92)]),
        column(100, [text('b2', 92)]),
      ].join(''),
    );
  });

  it('keeps every text once, in rows, and in a row as they were drawn', () => {
    const columns = fc.array(fc.uniqueArray(fc.nat({ max: 49 })), { maxLength: 6 });
    fc.assert(
      fc.property(columns, (all) => {
        const drawn = all.map((rows, at) =>
          column(
            100 * at,
            rows.map((row) => text(`${at}/${row}`, 38 + 54 * row)),
          ),
        );
        const expected = Array.from({ length: 50 }, (_, row) => row).flatMap((row) =>
          all.flatMap((rows, at) => (rows.includes(row) ? [`${at}/${row}`] : [])),
        );
        expect(wordsIn(inReadingOrder(drawn.join(''), ROW)!)).toEqual(expected);
      }),
    );
  });

  it('takes a text with the colour that it has, and a box within a column with its own place', () => {
    const strong = `1 1 1 RG 1 1 1 rg\n${text('strong', 38)}0 0 0 RG 0 0 0 rg\n${text('plain', 92)}`;
    const box = `q\n0 54 100 54 re\nW* n\nq\n1 0 0 1 0 54 cm\n${text('box', 38)}Q\nQ\n`;
    const ordered = inReadingOrder(
      column(0, [strong]) + column(100, [text('first', 38), box, text('third', 146)]),
      ROW,
    )!;
    expect(wordsIn(ordered)).toEqual(['strong', 'first', 'plain', 'box', 'third']);
    expect(ordered).toContain(`1 1 1 RG 1 1 1 rg\n${text('strong', 38)}`);
    expect(ordered).toContain(`0 0 0 RG 0 0 0 rg\n${text('plain', 92)}`);
    expect(ordered).toContain(`1 0 0 1 0 54 cm\n${text('box', 38)}Q\nQ\nQ\nQ\n`);
    const count = (pattern: RegExp): number => ordered.match(pattern)!.length;
    expect(count(/^q$/gm)).toBe(count(/^Q$/gm));
  });

  it.each([
    ['that has lines', column(0, [text('a', 38), '0 1 m\n5 1 l\nS\n'])],
    ['that draws another', column(0, [text('a', 38), '/X1 Do\n'])],
    ['that is turned', `q\n0 1 -1 0 0 0 cm\n${text('a', 38)}Q\n`],
    ['with turned text', `q\n1 0 0 1 0 0 cm\n${text('a', 38).replace('1 0 0 -1', '0 1 1 0')}Q\n`],
    ['that breaks off', column(0, [text('a', 38)]).slice(0, -20)],
    ['of another writer', '1 0 0 1 0 0 cm BT /F1 9 Tf (a) Tj ET'],
  ])('leaves a drawing %s as it is', (_, content) => {
    expect(inReadingOrder(content, ROW)).toBeUndefined();
  });
});
