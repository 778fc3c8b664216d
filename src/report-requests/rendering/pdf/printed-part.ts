export interface Bookmark {
  title: string;
  /** Page of the whole report, from 0. */
  page: number;
}

/** A run of consecutive pages of a report, as Chromium printed it. */
export interface PrintedPart {
  pdf: Buffer;
  /** How many it is to have: all pages bear their number and the number of all. */
  pages: number;
  /** Pages of the whole report, from 0, that are in this part. */
  bookmarks: readonly Bookmark[];
}

/** @throws Error when a part has not the pages that it is to have */
export function requirePages(found: number, expected: number): void {
  if (found !== expected) throw new Error(`The browser printed ${found} pages instead of ${expected}.`);
}
