/**
 * A4 at 96 px to the inch, measured so that a page never spills: every row has one fixed height, so the number of
 * pages is known from the number of rows before anything is printed. All lengths are in px.
 */
export const PAGE = { width: 794, height: 1122, side: 52, top: 40, bottom: 40 };

export const CONTENT_WIDTH = PAGE.width - 2 * PAGE.side;

export const ROW_HEIGHT = 19;

/** Of orders and lines. */
export const FONT_SIZE = 11;

/** Running head, column headings and footer leave room for this many rows of orders and lines. */
export const ROWS_PER_PAGE = 50;

/** Widths of date, number, customer, status, total; together `CONTENT_WIDTH`. */
export const COLUMNS = [84, 120, 246, 108, 132] as const;

/** Between the text of two columns. */
export const COLUMN_GAP = 12;

/** Of the large figures on the first page, and between them. */
export const FIGURE_SIZE = 20;
export const FIGURE_GAP = 32;

/** Height for the content of a summary page between running head and footer. */
export const SUMMARY_HEIGHT = 980;

/** Above the content of every page but the first. */
export const RUNNING_HEIGHT = 26;

/** Of the column headings above orders. */
export const HEAD_HEIGHT = 26;

/** Widths of a group, its orders, and four amounts in a table of sales; together `CONTENT_WIDTH`. */
export const SALES_COLUMNS = [110, 60, 130, 130, 130, 130] as const;

export const SALES_ROW_HEIGHT = 18;
