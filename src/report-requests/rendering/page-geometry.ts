import type { Paper } from './paper';

export type Orientation = 'portrait' | 'landscape';

/**
 * A page at 96 px to the inch, measured so that it never spills: every row has one fixed height, so the number of pages is
 * known from the number of rows before anything is printed. All lengths are in px.
 */
export interface PageGeometry {
  /** As CSS names it. */
  name: string;
  width: number;
  height: number;
  /** Between the margins. */
  contentWidth: number;
  /** Between running head and footer of a summary page. */
  summaryHeight: number;
  /** Of orders and lines, between column headings and footer. */
  rowsPerPage: number;
}

export const MARGIN = { side: 52, top: 40, bottom: 40 };

export const ROW_HEIGHT = 19;

/** Of orders and lines, where their columns are not too many. */
export const FONT_SIZE = 11;

/** Of column headings, notes, and whatever else is said of something. */
export const HEADING_SIZE = 9.5;
export const NOTE_HEIGHT = 14;

/** Between the text of two columns in the size of orders. */
export const COLUMN_GAP = 12;

/** Of the large figures on the first page, and between them. */
export const FIGURE_SIZE = 20;
export const FIGURE_GAP = 32;

/** Above the content of every page but the first. */
export const RUNNING_HEIGHT = 26;

/** Of the column headings above orders. */
export const HEAD_HEIGHT = 26;

/** Of a page's number and its notes, with the space above them. */
const FOOT_HEIGHT = 36;

export const SALES_ROW_HEIGHT = 18;

/** The part of a table of sales that each of its four amounts takes, and the column of its orders. */
const SALES_AMOUNT_SHARE = 0.18;
const SALES_ORDERS_WIDTH = 80;

/** No higher than the paper is. */
const SIZES: Record<Paper, Record<Orientation, readonly [width: number, height: number]>> = {
  A4: { portrait: [794, 1122], landscape: [1122, 793] },
  Letter: { portrait: [816, 1056], landscape: [1056, 816] },
};

export function pageGeometry(paper: Paper, orientation: Orientation): PageGeometry {
  const [width, height] = SIZES[paper][orientation];
  const summaryHeight = height - MARGIN.top - RUNNING_HEIGHT - FOOT_HEIGHT - MARGIN.bottom;
  return {
    name: `${paper} ${orientation}`,
    width,
    height,
    contentWidth: width - 2 * MARGIN.side,
    summaryHeight,
    rowsPerPage: Math.floor((summaryHeight - HEAD_HEIGHT) / ROW_HEIGHT),
  };
}

/** Widths of a group, its orders, and four amounts in a table of sales; together those of the page's content. */
export function salesColumns({ contentWidth }: PageGeometry): number[] {
  const amount = Math.floor(SALES_AMOUNT_SHARE * contentWidth);
  const amounts = [amount, amount, amount, amount];
  return [contentWidth - SALES_ORDERS_WIDTH - 4 * amount, SALES_ORDERS_WIDTH, ...amounts];
}
