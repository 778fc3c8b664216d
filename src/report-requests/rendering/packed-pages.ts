import { Markup, markup } from './markup';

/** A part of a summary page with the height that its style gives it, in px. */
interface WholeBlock {
  height: number;
  content: Markup;
}

/** Rows of one height, which go on on the next page where one has no room for all. */
interface RowsBlock {
  rows: number;
  rowHeight: number;
  /** Of what is around the rows on each page. */
  frameHeight: number;
  /** The rows from the first up to, not including, the end. */
  withFrame: (first: number, end: number) => Markup;
}

export type Block = WholeBlock | RowsBlock;

/** Fewer of many rows are not begun at the end of a page. */
const LEAST_ROWS = 3;

/**
 * Blocks in their order, each on the first page that has room for it after those before.
 *
 * @param height of the room of a page, in px
 */
export function packedPages(blocks: readonly Block[], height: number): Markup[] {
  const pages: Markup[][] = [[]];
  let room = height;
  const add = (content: Markup, taken: number): void => {
    pages.at(-1)?.push(content);
    room -= taken;
  };
  const startPage = (): void => {
    pages.push([]);
    room = height;
  };
  for (const block of blocks) {
    if ('content' in block) {
      if (block.height > room) startPage();
      add(block.content, block.height);
      continue;
    }
    const { rows, rowHeight, frameHeight, withFrame } = block;
    for (let first = 0; first < rows;) {
      const left = rows - first;
      const roomFor = (): number => Math.floor((room - frameHeight) / rowHeight);
      if (roomFor() < Math.min(left, LEAST_ROWS)) startPage();
      // One alone would be the sum of those on the page before.
      const count = left - roomFor() === 1 ? roomFor() - 1 : Math.min(left, roomFor());
      add(withFrame(first, first + count), frameHeight + count * rowHeight);
      first += count;
    }
  }
  return pages.map((page) => markup`${page}`);
}
