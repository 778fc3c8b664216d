import fc from 'fast-check';
import { markup } from './markup';
import { Block, packedPages } from './packed-pages';
import { pageGeometry } from './page-geometry';

const { summaryHeight: HEIGHT } = pageGeometry('A4', 'portrait');

const ROW = 18;
const FRAME = 30;
const whole = (height: number): Block => ({ height, content: markup`[${height}]` });
const rowsOf = (rows: number): Block => ({
  rows,
  rowHeight: ROW,
  frameHeight: FRAME,
  withFrame: (first, end) => markup`(${first}-${end})`,
});

describe('packed pages', () => {
  it('hold every block and every row once, in order, and no more than a page has room for', () => {
    const blocks = fc.array(
      fc.oneof(fc.integer({ min: 20, max: HEIGHT }).map(whole), fc.integer({ min: 1, max: 200 }).map(rowsOf)),
    );
    fc.assert(
      fc.property(blocks, (all) => {
        const pages = packedPages(all, HEIGHT).map(({ text }) => text.match(/\[\d+\]|\(\d+-\d+\)/g) ?? []);
        const heightOf = (part: string): number => {
          const [first, end] = part.match(/\d+/g)!.map(Number);
          return end === undefined ? first! : FRAME + (end - first!) * ROW;
        };
        for (const page of pages)
          expect(page.reduce((sum, part) => sum + heightOf(part), 0)).toBeLessThanOrEqual(HEIGHT);
        // Where a table goes on on the next page, it goes on with the next row.
        const joined = pages
          .flat()
          .join('')
          .replace(/\b(\d+)\)\(\1-/g, '');
        expect(joined).toBe(
          all.map((block) => ('content' in block ? block.content.text : `(0-${block.rows})`)).join(''),
        );
      }),
    );
  });

  it('begin no long table with less than three rows, and leave no row alone', () => {
    const parts = (blocks: Block[]): string[] => packedPages(blocks, HEIGHT).map(({ text }) => text);
    expect(parts([whole(HEIGHT - FRAME - 2 * ROW), rowsOf(10)])).toEqual([
      `[${HEIGHT - FRAME - 2 * ROW}]`,
      '(0-10)',
    ]);
    const room = Math.floor((HEIGHT - FRAME) / ROW);
    expect(parts([rowsOf(room + 1)])).toEqual([`(0-${room - 1})`, `(${room - 1}-${room + 1})`]);
  });
});
